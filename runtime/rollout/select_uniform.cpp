// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

namespace troupe::rollout {

std::vector<group_id> select_uniform(const selector_options& how, policy_version version, std::vector<candidate> from,
                                     std::size_t count) {
  for (auto& one : from) {
    one.priority = 1;
  }
  return select_prioritized(how, version, std::move(from), count);
}

} // namespace troupe::rollout
