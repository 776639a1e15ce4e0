// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/wire_door.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

struct rank_door_state {
  rank_door_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "rank_door";
};

/// Lets rank 0 in another process ask this rank. `within` bounds one request. A rank 0 that was replaced is refused by
/// the rank itself: its epoch is over.
door_actor::behavior_type rank_door(door_actor::stateful_pointer<rank_door_state> self, learner_rank_actor to,
                                    std::chrono::milliseconds within);

} // namespace troupe::actors
