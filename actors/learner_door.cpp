// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_door.hpp"

#include "actors/learner_calls.hpp"

namespace troupe::actors {

door_actor::behavior_type learner_door(door_actor::stateful_pointer<learner_door_state> self, learner_actor to,
                                       std::chrono::milliseconds within) {
  return {
      [=](const wire_asked& asked) {
        answered(asked.answer, [&] {
          self->state.fence.check(asked.from);
          pass_on_as(learner_calls{}, self, to, within, asked);
        });
      },
  };
}

} // namespace troupe::actors
