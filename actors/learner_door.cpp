// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_door.hpp"

#include "actors/learner_calls.hpp"

namespace troupe::actors {

namespace {

template <class Request, class Reply>
void ask(door_actor::pointer self, const learner_actor& to, std::chrono::milliseconds within, const wire_asked& r) {
  pass_on<Reply>(self, to, within, decode_learner_call<Request>(body_of(r)), r.answer);
}

void dispatch(door_actor::pointer self, const learner_actor& to, std::chrono::milliseconds within,
              const wire_asked& r) {
  switch (static_cast<learner_call>(r.what->kind)) {
  case learner_call::load_stage:
    return ask<load_stage_request, load_stage_reply>(self, to, within, r);
  case learner_call::publish:
    return ask<publish_request, publish_reply>(self, to, within, r);
  case learner_call::pin:
    return ask<pin_request, pin_reply>(self, to, within, r);
  case learner_call::step:
    return ask<step_request, step_reply>(self, to, within, r);
  case learner_call::checkpoint:
    return ask<checkpoint_request, checkpoint_reply>(self, to, within, r);
  }
  throw error{errc::invalid, "request of the unknown kind " + std::to_string(r.what->kind)};
}

} // namespace

door_actor::behavior_type learner_door(door_actor::stateful_pointer<learner_door_state> self, learner_actor to,
                                       std::chrono::milliseconds within) {
  return {
      [=](const wire_asked& asked) {
        admit(asked, [&] {
          self->state.fence.check(asked.from);
          dispatch(self, to, within, asked);
        });
      },
  };
}

} // namespace troupe::actors
