// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/open_store.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <unistd.h>

namespace troupe::ctl {

namespace fs = std::filesystem;

namespace {

constexpr int patience_s = 5; ///< with the process of a live run
constexpr int opening_s = 2;  ///< with another troupectl that is opening the store

bool is_store(const fs::path& folder) {
  return fs::exists(folder / "CURRENT");
}

[[noreturn]] void refuse_live(const opened_store& what, pid_t holder, const std::string& endpoint) {
  throw error{
      errc::unavailable,
      fmt::format("{} is held by {}{}", what.store_folder,
                  holder > 0 ? fmt::format("process {}", holder) : "a process of another host or container",
                  endpoint.empty() ? "; ask it there, or stop it first" : fmt::format(" at endpoint {}", endpoint))};
}

/// Where a process of this run listens, and how to ask it; empty when none does.
std::string answering_endpoint(const std::string& run) {
  if (run.empty()) {
    return "";
  }
  if (const auto listed = cluster_endpoint(run).value_or(""); !listed.empty()) {
    return listed + "; ask it there, or stop it first";
  }
  const auto socket = (fs::path{run} / live::socket_name).string();
  return fs::exists(socket) && live::connect_to(run, patience_s)
             ? fmt::format("unix:{}; look with --run {}; to change it, stop that process first", socket, run)
             : "";
}

void read_recipe(opened_store& of, std::ostream& err) {
  const fs::path recipe = fs::path{of.run_folder} / "recipe.yaml";
  if (of.run_folder.empty() || !fs::exists(recipe)) {
    return;
  }
  try {
    of.recipe = config::load_recipe(recipe.string());
  } catch (const error& e) {
    err << "warning: advantages are shown as scale_rewards: group gives them, since the recipe cannot be read: "
        << e.what() << "\n";
  }
}

opened_store locate(const place& where) {
  const fs::path store = find_store(where.folder);
  opened_store found{};
  found.store_folder = store.string();
  found.run_folder = store.filename() == "store" ? store.parent_path().string() : "";
  return found;
}

/// Opens what nobody else holds. Another troupectl holds a store for the moment in which it opens it: that is waited
/// for, a process with an endpoint is not.
void open_unheld(opened_store& what, store::open_mode mode) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{opening_s};
  while (true) {
    const auto holder = lock_holder(what.store_folder);
    if (!holder) {
      try {
        what.journal = std::make_unique<store::journal>(what.store_folder, mode);
        return;
      } catch (const error& e) {
        if (e.code() != errc::unavailable || std::chrono::steady_clock::now() > give_up) {
          throw;
        }
      }
    } else if (const auto endpoint = answering_endpoint(what.run_folder);
               !endpoint.empty() || std::chrono::steady_clock::now() > give_up) {
      refuse_live(what, *holder, endpoint);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20}); // a lock of another process wakes nobody
  }
}

} // namespace

std::string find_store(const std::string& folder) {
  for (const fs::path& candidate : {fs::path{folder}, fs::path{folder} / "store"}) {
    if (is_store(candidate)) {
      return fs::canonical(candidate).string();
    }
  }
  throw error{errc::not_found, fmt::format("{} holds no store; name a run directory or its store/ folder", folder)};
}

std::string cluster_file(const std::string& run) {
  return (fs::path{run} / "cluster.json").string();
}

std::optional<std::string> cluster_endpoint(const std::string& run) {
  const auto file = cluster_file(run);
  if (!fs::exists(file)) {
    return std::nullopt;
  }
  const auto said = nlohmann::json::parse(data::read_file(file), nullptr, false);
  const bool named = said.is_object() && said.contains("endpoint") && said["endpoint"].is_string();
  return named ? said["endpoint"].get<std::string>() : std::string{};
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

opened_store open_store(const place& where, std::ostream& err) {
  auto opened = locate(where);
  if (!where.copy.empty()) {
    opened.journal = std::make_unique<store::journal>(where.copy, store::open_mode::read_only);
  } else if (where.live && !opened.run_folder.empty()) {
    opened.copy = live::copy::ask(opened.run_folder, patience_s);
  }
  if (opened.copy) {
    opened.journal = std::make_unique<store::journal>(opened.copy->folder(), store::open_mode::read_only);
  }
  if (!opened.journal) {
    open_unheld(opened, store::open_mode::read_only);
  }
  if (!opened.journal->degradation().empty()) {
    err << "warning: " << opened.journal->degradation() << "\n";
  }
  read_recipe(opened, err);
  return opened;
}

opened_store open_for_writing(const place& where, std::ostream& err) {
  auto opened = locate(where);
  open_unheld(opened, store::open_mode::existing);
  read_recipe(opened, err);
  return opened;
}

} // namespace troupe::ctl
