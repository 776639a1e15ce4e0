// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::metrics {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// Figures of a process, on /metrics; those of a step, in metrics.jsonl, are gpu::figures. One row: a name and all that
/// is fixed about it.
struct metric {
  std::string name; ///< base units; _total on counters only
  metric_kind kind = metric_kind::gauge;
  std::string help;
  std::vector<wire::role> roles;   ///< that export it; empty: every process
  std::string label = {};          ///< empty: none
  std::vector<std::string> values; ///< that the label may have
  std::vector<double> buckets;     ///< upper bounds, of a histogram
};

/// The one table of what /metrics exports. The registry, docs/metrics.md and their test all walk it.
const std::vector<metric>& catalogue();

bool exported_by(const metric& one, wire::role role);

/// Name, kind and help of each as the rows of docs/metrics.md.
std::string catalogue_in_markdown();

} // namespace troupe::metrics
