// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_learner.hpp"

#include "actors/learner_calls.hpp"

namespace troupe::actors {

namespace {

using pointer = remote_learner_actor::stateful_pointer<remote_learner_state>;

template <class Reply, class Request>
caf::result<Reply> forward(pointer self, const std::shared_ptr<wire::client>& to, std::chrono::milliseconds within,
                           learner_call call, const Request& what) {
  return self->state.calls.ask<Reply>(self, *to, static_cast<std::uint16_t>(call), encode(what), within,
                                      decode_learner_call<Reply>);
}

} // namespace

remote_learner_actor::behavior_type remote_learner(pointer self, std::shared_ptr<wire::client> to,
                                                   std::chrono::milliseconds within) {
  return {
      [=](const load_stage_request& r) {
        return forward<load_stage_reply>(self, to, within, learner_call::load_stage, r);
      },
      [=](const publish_request& r) { return forward<publish_reply>(self, to, within, learner_call::publish, r); },
      [=](const pin_request& r) { return forward<pin_reply>(self, to, within, learner_call::pin, r); },
      [=](const step_request& r) { return forward<step_reply>(self, to, within, learner_call::step, r); },
      [=](const checkpoint_request& r) {
        return forward<checkpoint_reply>(self, to, within, learner_call::checkpoint, r);
      },
      [=](const wire_ended& ended) { self->state.calls.end(ended); },
      [=](const wire_cut& by) { self->state.calls.cut(by); },
  };
}

} // namespace troupe::actors
