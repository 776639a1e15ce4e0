// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/remover.hpp"

#include "runtime/check.hpp"

namespace troupe::rollout {

std::vector<group_id> remove(remover how, std::vector<candidate> from, std::size_t count) {
  switch (how) {
  case remover::fifo:
    return select_fifo(std::move(from), count);
  case remover::lowest_priority:
    return remove_lowest_priority(std::move(from), count);
  }
  TROUPE_CHECK(false, "remover ", static_cast<int>(how));
}

} // namespace troupe::rollout
