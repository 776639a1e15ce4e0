// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/audit_log.hpp"

#include "runtime/data/descriptor.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/time_text.hpp"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace troupe::admin {

audit_log::audit_log(const std::string& run_folder) : path_(run_folder + "/audit.jsonl") {}

void audit_log::record(const http::caller& who, const std::string& verb, const nlohmann::json& arguments,
                       const std::string& outcome) {
  const nlohmann::ordered_json line{{"time", metrics::time_text_now()},
                                    {"who", who.name},
                                    {"role", wire::to_string(who.as)},
                                    {"from", who.address},
                                    {"verb", verb},
                                    {"arguments", arguments},
                                    {"outcome", outcome}};
  const auto text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const std::lock_guard hold{mutex_};
  const data::descriptor file{::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  int problem = file.get() < 0 ? errno : data::write_all(file.get(), text);
  if (problem == 0 && ::fdatasync(file.get()) != 0) {
    problem = errno;
  }
  if (problem != 0) {
    throw error{problem == ENOSPC ? errc::resource_exhausted : errc::failed,
                path_ + ": " + std::strerror(problem) + "; " + verb + " is not recorded: " + outcome};
  }
}

} // namespace troupe::admin
