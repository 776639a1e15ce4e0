// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

#include <algorithm>

namespace troupe::rollout {

std::vector<group_id> select_fifo(std::vector<candidate> from, std::size_t count) {
  std::sort(from.begin(), from.end(), [](const candidate& a, const candidate& b) { return a.id < b.id; });
  return first_of(from, count);
}

} // namespace troupe::rollout
