// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

#include <algorithm>

namespace troupe::rollout {

std::vector<group_id> select_fifo(std::vector<candidate> from, std::size_t count) {
  std::sort(from.begin(), from.end(), [](const candidate& a, const candidate& b) { return a.id < b.id; });
  std::vector<group_id> taken;
  for (std::size_t i = 0; i < std::min(count, from.size()); ++i) {
    taken.push_back(from[i].id);
  }
  return taken;
}

} // namespace troupe::rollout
