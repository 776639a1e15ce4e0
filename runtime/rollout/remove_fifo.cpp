// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/remover.hpp"

namespace troupe::rollout {

std::vector<group_id> remove_fifo(std::vector<candidate> from, std::size_t count) {
  return select_fifo(std::move(from), count);
}

} // namespace troupe::rollout
