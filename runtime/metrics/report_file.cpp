// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_file.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace troupe::metrics {

namespace {

using json = nlohmann::ordered_json;

std::string file_of(const std::string& run_folder) {
  return run_folder + "/report.json";
}

json read(const std::string& file) {
  if (!std::filesystem::exists(file)) {
    return json::object();
  }
  auto report = json::parse(data::read_file(file), nullptr, false);
  if (!report.is_object()) {
    throw error{errc::corrupt, file + " is not a JSON object; remove it, the run writes what it still knows"};
  }
  return report;
}

} // namespace

void set_in_report(const std::string& run_folder, const std::string& list, const std::string& by,
                   const nlohmann::json& entries) {
  auto report = read(file_of(run_folder));
  json kept = json::array();
  for (auto& entry : report[list]) {
    if (entry.value("by", "") != by) {
      kept.push_back(std::move(entry));
    }
  }
  for (const auto& entry : entries) {
    json one = entry;
    one["by"] = by;
    kept.push_back(std::move(one));
  }
  report[list] = std::move(kept);
  data::write_file_durably(file_of(run_folder), report.dump(1) + "\n");
}

void set_report_counts(const std::string& run_folder, const nlohmann::ordered_json& counts) {
  auto report = read(file_of(run_folder));
  report["counts"] = counts;
  data::write_file_durably(file_of(run_folder), report.dump(1) + "\n");
}

} // namespace troupe::metrics
