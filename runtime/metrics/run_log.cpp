// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/run_log.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/appender.hpp"
#include "runtime/metrics/display.hpp"
#include "runtime/metrics/report_file.hpp"
#include "runtime/metrics/scalars.hpp"
#include "runtime/metrics/time_text.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>

namespace troupe::metrics {

namespace fs = std::filesystem;

namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string as_line(const nlohmann::json& object) {
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

fs::path tensorboard_file(const fs::path& run) {
  return run / "tensorboard" / "events.out.tfevents.troupe";
}

fs::path made_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    throw error{errc::resource_exhausted, "cannot create " + folder.string() + ": " + failed.message()};
  }
  return folder;
}

std::string event_of(const nlohmann::json& line, double wall_time) {
  return tensorboard::frame(tensorboard::encode_scalars(wall_time, step_of(line), scalars_of(line)));
}

/// Complete lines of metrics.jsonl. What follows the last newline was torn by a kill and is not there.
std::vector<nlohmann::json> complete_lines(const fs::path& file, std::string_view text) {
  std::vector<nlohmann::json> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    auto line = nlohmann::json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(end + 1);
    if (line.is_object()) {
      lines.push_back(std::move(line));
    } else if (!text.empty()) {
      throw error{errc::corrupt, fmt::format("{}:{}: not a JSON object; remove the line, then resume", file.string(),
                                             lines.size() + 1)};
    }
  }
  return lines;
}

} // namespace

struct run_log::implementation {
  explicit implementation(const fs::path& folder)
      : run(folder), metrics(folder / "metrics.jsonl"), events(folder / "events.log"),
        board((made_folder(folder / "tensorboard"), tensorboard_file(folder))) {
    if (fs::file_size(tensorboard_file(folder)) == 0) {
      board.append(tensorboard::frame(tensorboard::encode_version(seconds_since_1970())));
    }
  }

  ~implementation() {
    for (auto* file : files()) {
      file->close();
      if (file->lost() > 0) {
        show_line(fmt::format("{} entries are lost: {}", file->lost(), file->problem()));
      }
    }
    pay_report();
    for (const auto& [key, what] : owed) {
      show_line("the " + key.first + " of " + key.second + " are lost: " + what.problem);
    }
  }

  std::array<appender*, 3> files() { return {&metrics, &events, &board}; }

  /// Tries what waits; says once when writing begins to fail, and once when it works again.
  void settle() {
    std::string problem;
    std::uint64_t lost = 0;
    for (auto* file : files()) {
      file->retry();
      if (problem.empty() && file->kept() > 0) {
        problem = file->problem();
      }
      lost += file->lost();
    }
    pay_report();
    for (const auto& [key, what] : owed) {
      problem = problem.empty() ? what.problem : problem;
    }
    if (problem.empty() != failing) {
      return;
    }
    failing = !problem.empty();
    const auto text =
        failing ? problem + "; the run goes on, and what it says of itself waits in memory until it can be written"
                : "metrics, events and report are written again; " + std::to_string(lost) + " entries are lost";
    events.append(time_text_now() + " " + text + "\n");
    show_line(text);
  }

  void pay_report() {
    for (auto it = owed.begin(); it != owed.end();) {
      auto& [key, what] = *it;
      try {
        set_in_report(run.string(), key.first, key.second, what.entries);
        it = owed.erase(it);
      } catch (const error& e) {
        what.problem = e.what();
        ++it;
      }
    }
  }

  struct debt {
    nlohmann::json entries;
    std::string problem;
  };
  std::mutex mutex;
  fs::path run;
  appender metrics;
  appender events;
  appender board;
  std::map<std::pair<std::string, std::string>, debt> owed; ///< of report.json, by list and stage
  bool failing = false;
};

run_log::run_log(const std::string& folder) : impl_(std::make_unique<implementation>(made_folder(folder))) {}

run_log::~run_log() = default;

void run_log::record(const nlohmann::json& line) {
  const std::lock_guard lock{impl_->mutex};
  impl_->metrics.append(as_line(line));
  impl_->board.append(event_of(line, seconds_since_1970()));
  impl_->settle();
}

void run_log::event(const std::string& text, bool loud) {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->events.append(time_text_now() + " " + text + "\n");
    impl_->settle();
  }
  if (loud) {
    show_line(text);
  }
}

void run_log::report(const std::string& list, const std::string& by, const nlohmann::json& entries) {
  const std::lock_guard lock{impl_->mutex};
  impl_->owed[{list, by}] = {entries, ""};
  impl_->settle();
}

void run_log::cut_back(const std::string& folder, const std::function<bool(const nlohmann::json&)>& keep) {
  const fs::path file = fs::path{folder} / "metrics.jsonl";
  if (!fs::exists(file)) {
    return;
  }
  const fs::path board = tensorboard_file(folder);
  const auto times =
      fs::exists(board) ? tensorboard::wall_times(data::read_file(board.string())) : std::vector<double>{};
  // Event 0 is the version; event i + 1 belongs to line i. A line whose event was lost takes the time before it.
  double time = times.empty() ? seconds_since_1970() : times.front();
  std::string kept;
  std::string kept_events = tensorboard::frame(tensorboard::encode_version(time));
  std::size_t event = 0;
  for (const auto& line : complete_lines(file, data::read_file(file.string()))) {
    time = ++event < times.size() ? times[event] : time;
    if (keep(line)) {
      kept += as_line(line);
      kept_events += event_of(line, time);
    }
  }
  data::write_file_durably(file.string(), kept);
  made_folder(board.parent_path());
  data::write_file_durably(board.string(), kept_events);
}

} // namespace troupe::metrics
