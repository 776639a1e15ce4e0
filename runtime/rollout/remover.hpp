// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/selector.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Which ready groups leave a replay table that holds more than its `max_size`: by fifo those that `select_fifo` takes.
/// One file a strategy; all are pure.
namespace troupe::rollout {

enum class remover : std::uint8_t { fifo = 0, lowest_priority = 1 };

/// Those that teach least: the smallest spread of rewards first, of equals the oldest.
std::vector<group_id> remove_lowest_priority(std::vector<candidate> from, std::size_t count);

/// Takes `count` of `from`, all of them where there are no more.
std::vector<group_id> remove(remover how, std::vector<candidate> from, std::size_t count);

} // namespace troupe::rollout
