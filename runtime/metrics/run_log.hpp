// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace troupe::metrics {

/// Everything a run says of itself: `metrics.jsonl`, `tensorboard/`, `events.log`, and what stands on the terminal.
/// Names are TRL's and verl's; `docs/metrics.md` lists them. Safe from any thread.
/// A full disk ends no run: what cannot be written is said once, waits in memory and is tried again with every call;
/// beyond 4 MiB a file new lines are lost, and counted.
class run_log {
public:
  /// `folder` is the run directory. Appends; on resuming call `cut_back` first.
  explicit run_log(const std::string& folder);
  ~run_log();

  /// One object: {"kind":"step","stage":...,"step":...,...} or {"kind":"eval",...}. Scalars also go to TensorBoard.
  void record(const nlohmann::json& line);
  /// One line of events.log, with the time in front; also shown on the terminal where `loud`.
  void event(const std::string& text, bool loud = false);

  /// `set_in_report` of the run.
  void report(const std::string& list, const std::string& by, const nlohmann::json& entries);

  /// Keeps the lines that `keep` wants and drops the rest: resuming cuts back to the last committed step. A torn last
  /// line is dropped.
  static void cut_back(const std::string& folder, const std::function<bool(const nlohmann::json&)>& keep);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace troupe::metrics
