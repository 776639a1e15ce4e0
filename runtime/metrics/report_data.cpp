// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_data.hpp"

#include <algorithm>

namespace troupe::metrics {

namespace {

std::string text(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

double number(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<double>() : 0.0;
}

/// A band appears with its first step or held-out evaluation.
std::vector<report_stage> find_stages(const std::vector<nlohmann::json>& lines) {
  std::vector<report_stage> stages;
  for (const auto& line : lines) {
    const bool step = text(line, "kind") == "step";
    if (!step && (text(line, "kind") != "eval" || text(line, "split") != "heldout")) {
      continue;
    }
    const auto name = text(line, "stage");
    auto known = std::find_if(stages.begin(), stages.end(), [&](const auto& s) { return s.name == name; });
    if (known == stages.end()) {
      known = stages.insert(stages.end(), {name, 0});
    }
    if (step) {
      known->last_step = std::max(known->last_step, number(line, "step"));
    }
  }
  return stages;
}

class placer {
public:
  explicit placer(const std::vector<report_stage>& stages) : stages_(stages) {}

  /// Nothing where the line's stage has no band.
  std::optional<report_point> place(const nlohmann::json& line, double y) const {
    const auto name = text(line, "stage");
    const auto band = std::find_if(stages_.begin(), stages_.end(), [&](const auto& s) { return s.name == name; });
    if (band == stages_.end()) {
      return std::nullopt;
    }
    const double step = number(line, "step");
    const double share = band->last_step > 0 ? std::clamp(step / band->last_step, 0.0, 1.0) : 1.0;
    return report_point{static_cast<double>(band - stages_.begin()) + share, y, name, step};
  }

private:
  const std::vector<report_stage>& stages_;
};

void take_step(report_data& d, const placer& where, const nlohmann::json& line) {
  d.steps += 1;
  d.seconds += number(line, "seconds");
  d.tokens += number(line, "num_tokens");
  for (const auto& [name, value] : line.items()) {
    if (value.is_number()) {
      if (const auto p = where.place(line, value.get<double>())) {
        d.figures[name].push_back(*p);
      }
    }
  }
}

void take_evaluation(report_data& d, const placer& where, const nlohmann::json& line) {
  const auto point = where.place(line, number(line, "pass@1"));
  if (!point || !line.contains("pass@1") || !line["pass@1"].is_number()) {
    return;
  }
  const auto task = text(line, "task");
  if (text(line, "split") == "validation") {
    d.validation[task].push_back(*point);
    return;
  }
  if (text(line, "split") != "heldout") {
    return;
  }
  auto& points = d.heldout[task];
  std::erase_if(points, [&](const auto& p) { return p.stage == point->stage; }); // the latest counts
  points.push_back(*point);
  d.heldout_problems[task] = static_cast<std::size_t>(number(line, "n"));
}

} // namespace

report_data gather(const std::vector<nlohmann::json>& lines, const nlohmann::json& report) {
  report_data d;
  d.stages = find_stages(lines);
  const placer where{d.stages};
  for (const auto& line : lines) {
    const auto kind = text(line, "kind");
    if (kind == "step") {
      take_step(d, where, line);
    } else if (kind == "eval") {
      take_evaluation(d, where, line);
    }
  }
  if (!report.is_object()) {
    return d;
  }
  for (const auto& a : report.value("answers", nlohmann::json::array())) {
    d.answers.push_back(
        {text(a, "stage"), text(a, "prompt"), text(a, "completion"), text(a, "answer"), text(a, "verdict")});
  }
  for (const auto& s : report.value("datasets", nlohmann::json::array())) {
    d.datasets.push_back({text(s, "name"), number(s, "records"), number(s, "considered"), number(s, "kept_share")});
  }
  d.counts = report.value("counts", nlohmann::json());
  return d;
}

} // namespace troupe::metrics
