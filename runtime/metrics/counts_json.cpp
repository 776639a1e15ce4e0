// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/counts_json.hpp"

#include <nlohmann/json.hpp>

namespace troupe::metrics {

nlohmann::ordered_json counts_json(const rollout::group_counts& c) {
  auto dropped = nlohmann::ordered_json::object();
  for (std::size_t i = 1; i < c.dropped.size(); ++i) {
    dropped[to_string(static_cast<drop_reason>(i))] = c.dropped[i];
  }
  return {{"issued", c.issued},   {"pending", c.pending},     {"ready", c.ready},   {"leased", c.leased},
          {"trained", c.trained}, {"collected", c.collected}, {"scored", c.scored}, {"dropped", dropped}};
}

} // namespace troupe::metrics
