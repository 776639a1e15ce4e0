// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/remover.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::rollout {

std::vector<group_id> remove_lowest_priority(std::vector<candidate> from, std::size_t count) {
  std::sort(from.begin(), from.end(), [](const candidate& a, const candidate& b) {
    return std::tie(a.priority, a.id) < std::tie(b.priority, b.id);
  });
  return first_of(from, count);
}

} // namespace troupe::rollout
