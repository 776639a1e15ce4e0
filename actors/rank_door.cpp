// SPDX-License-Identifier: Apache-2.0
#include "actors/rank_door.hpp"

#include "actors/rank_calls.hpp"

namespace troupe::actors {

door_actor::behavior_type rank_door(door_actor::stateful_pointer<rank_door_state> self, learner_rank_actor to,
                                    std::chrono::milliseconds within) {
  return {
      [=](const wire_asked& asked) {
        answered(asked.answer, [&] { pass_on_as(rank_calls{}, self, to, within, asked); });
      },
  };
}

} // namespace troupe::actors
