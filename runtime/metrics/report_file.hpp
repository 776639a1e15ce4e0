// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

/// RUN/report.json: what report.html shows and metrics.jsonl does not hold. Each call rewrites the file durably.
namespace troupe::metrics {

/// Puts `entries`, an array of objects, into the list `list`, instead of what the stage `by` put there before: a stage
/// that was interrupted and starts over reports once.
void set_in_report(const std::string& run_folder, const std::string& list, const std::string& by,
                   const nlohmann::json& entries);

/// What became of every group and sample, as `counts_json` has it.
void set_report_counts(const std::string& run_folder, const nlohmann::ordered_json& counts);

} // namespace troupe::metrics
