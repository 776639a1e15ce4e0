// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::metrics {

/// A stage that has steps or a held-out evaluation: one equally wide band of every chart.
struct report_stage {
  std::string name;
  double last_step = 0;
};

/// Where a figure was measured: x = band number + share of the band's steps.
struct report_point {
  double x = 0;
  double y = 0;
  std::string stage;
  double step = 0;
};

struct report_answer {
  std::string stage, prompt, completion, answer, verdict;
};

struct report_dataset {
  std::string name;
  double records = 0;
  double considered = 0;
  double kept_share = 0;
};

/// What the page shows, taken from the lines of metrics.jsonl and from report.json.
struct report_data {
  std::string title;
  std::string recipe; ///< YAML, as it is
  std::vector<report_stage> stages;
  std::map<std::string, std::vector<report_point>> figures;    ///< of steps, by metric name
  std::map<std::string, std::vector<report_point>> validation; ///< pass@1, by task
  std::map<std::string, std::vector<report_point>> heldout;    ///< pass@1 at a stage's end, by task; x is the band
  std::map<std::string, std::size_t> heldout_problems;         ///< n, by task
  double seconds = 0;                                          ///< of all steps
  double steps = 0;
  double tokens = 0;
  std::vector<report_answer> answers;
  std::vector<report_dataset> datasets;
  nlohmann::json counts; ///< as `troupectl doctor -o json`; null when unknown
};

/// Absent or empty parts of `report` are shown as absent. Pure.
report_data gather(const std::vector<nlohmann::json>& lines, const nlohmann::json& report);

} // namespace troupe::metrics
