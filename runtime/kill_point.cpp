// SPDX-License-Identifier: Apache-2.0
#include "runtime/kill_point.hpp"

#include "runtime/error.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace troupe {

namespace {

/// A place that the environment names, and its visit that counts.
class wish {
public:
  explicit wish(const char* variable) {
    const char* text = std::getenv(variable);
    name_ = text == nullptr ? "" : text;
    if (const auto colon = name_.find(':'); colon != std::string::npos) {
      visit_ = std::strtoull(name_.c_str() + colon + 1, nullptr, 10);
      name_.resize(colon);
    }
  }
  bool comes_true(std::string_view at) { return !name_.empty() && at == name_ && ++visits_ == visit_; }

private:
  std::string name_;
  std::uint64_t visit_ = 1;
  std::atomic<std::uint64_t> visits_{0};
};

} // namespace

void kill_point(std::string_view name) {
  static wish wanted{"TROUPE_KILL_POINT"};
  if (wanted.comes_true(name)) {
    ::kill(::getpid(), SIGKILL);
    ::pause(); // the signal may reach another thread first
  }
}

void fail_point(std::string_view name) {
  static wish wanted{"TROUPE_FAIL_POINT"};
  if (wanted.comes_true(name)) {
    throw error{errc::failed, "TROUPE_FAIL_POINT says that " + std::string{name} + " fails"};
  }
}

} // namespace troupe
