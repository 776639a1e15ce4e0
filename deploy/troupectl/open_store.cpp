// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/open_store.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ostream>
#include <unistd.h>

namespace troupe::ctl {

namespace fs = std::filesystem;

namespace {

bool is_store(const fs::path& folder) {
  return fs::exists(folder / "CURRENT");
}

std::string endpoint_of(const fs::path& run) {
  const fs::path file = run / "cluster.json";
  if (run.empty() || !fs::exists(file)) {
    return "";
  }
  const auto cluster = nlohmann::json::parse(data::read_file(file.string()), nullptr, false);
  return cluster.is_object() ? cluster.value("endpoint", "") : "";
}

[[noreturn]] void refuse_live(const fs::path& store, const fs::path& run, pid_t holder) {
  const auto endpoint = endpoint_of(run);
  throw error{errc::unavailable,
              fmt::format("{} is held by {}{}; ask it there, or stop it first", store.string(),
                          holder > 0 ? fmt::format("process {}", holder) : "a process of another host or container",
                          endpoint.empty() ? "" : fmt::format(" at endpoint {}", endpoint))};
}

} // namespace

std::string find_store(const std::string& folder) {
  for (const fs::path& candidate : {fs::path{folder}, fs::path{folder} / "store"}) {
    if (is_store(candidate)) {
      return fs::canonical(candidate).string();
    }
  }
  throw error{errc::not_found,
              fmt::format("{} holds no store; --store takes a run directory or its store/ folder", folder)};
}

std::optional<pid_t> lock_holder(const std::string& store_folder) {
  const fs::path file = fs::path{store_folder} / "LOCK";
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT || errno == EACCES || errno == EROFS) {
      return std::nullopt; // what this user may not lock, the journal judges when it opens
    }
    throw error{errc::failed, fmt::format("cannot open {}: {}", file.string(), std::strerror(errno))};
  }
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const int result = ::fcntl(fd, F_GETLK, &lock);
  ::close(fd);
  if (result != 0 || lock.l_type == F_UNLCK) {
    return std::nullopt;
  }
  return lock.l_pid > 0 ? lock.l_pid : 0;
}

std::string opened_store::stage_name(stage_index stage) const {
  for (const auto& s : journal->stages()) {
    if (s.stage == stage) {
      return s.name;
    }
  }
  return std::to_string(stage.value);
}

opened_store open_store(const std::string& folder, std::ostream& err) {
  const fs::path store = find_store(folder);
  const fs::path run = store.filename() == "store" ? store.parent_path() : fs::path{};
  if (const auto holder = lock_holder(store.string())) {
    refuse_live(store, run, *holder);
  }
  opened_store opened{.run_folder = run.string(), .journal = nullptr, .recipe = std::nullopt};
  opened.journal = std::make_unique<store::journal>(store.string(), store::open_mode::read_only);
  if (!opened.journal->degradation().empty()) {
    err << "warning: " << opened.journal->degradation() << "\n";
  }
  const fs::path recipe = run / "recipe.yaml";
  if (!run.empty() && fs::exists(recipe)) {
    try {
      opened.recipe = config::load_recipe(recipe.string());
    } catch (const error& e) {
      err << "warning: advantages are shown as scale_rewards: group gives them, since the recipe cannot be read: "
          << e.what() << "\n";
    }
  }
  return opened;
}

} // namespace troupe::ctl
