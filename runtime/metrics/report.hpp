// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace troupe::metrics {

/// Writes RUN/report.html from RUN/recipe.yaml, RUN/metrics.jsonl and RUN/report.json: one file that opens offline,
/// with the accuracy and reward curves over all stages, response length, staleness, sample counts by fate, and for each
/// stage the same three problems answered, correct and wrong marked. `report.json` (report_file.hpp, written as the
/// run goes on): {"answers":[{"stage","prompt","completion","answer", "verdict"}...],"counts":{...as doctor -o
/// json...},"datasets":[{"name","records","considered","kept_share"}...]}.
void write_report(const std::string& run_folder);

} // namespace troupe::metrics
