// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe::rollout {

std::vector<group_id> select_prioritized(const selector_options& how, policy_version version,
                                         std::vector<candidate> from, std::size_t count) {
  std::vector<std::pair<double, group_id>> arrivals;
  for (const auto& one : from) {
    const double weight = std::pow(one.priority, how.exponent);
    arrivals.emplace_back(weight > 0 ? -std::log(ticket(how.seed, version, one.id)) / weight
                                     : std::numeric_limits<double>::infinity(),
                          one.id);
  }
  std::sort(arrivals.begin(), arrivals.end());
  std::vector<group_id> taken;
  for (std::size_t i = 0; i < std::min(count, arrivals.size()); ++i) {
    taken.push_back(arrivals[i].second);
  }
  return taken;
}

} // namespace troupe::rollout
