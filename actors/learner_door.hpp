// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/wire_door.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

struct learner_door_state {
  learner_door_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "learner_door";
  controller_fence fence;
};

/// Lets a controller in another process ask the learner. `within` bounds one request.
door_actor::behavior_type learner_door(door_actor::stateful_pointer<learner_door_state> self, learner_actor to,
                                       std::chrono::milliseconds within);

} // namespace troupe::actors
