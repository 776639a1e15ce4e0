// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_learner.hpp"

#include "actors/learner_calls.hpp"

namespace troupe::actors {

remote_learner_actor::behavior_type remote_learner(remote_learner_actor::stateful_pointer<remote_learner_state> self,
                                                   std::shared_ptr<wire::client> to, std::chrono::milliseconds within) {
  return forwarding<remote_learner_actor::behavior_type>(learner_calls{}, self, std::move(to), within,
                                                         [=](const wire_cut& by) { self->state.calls.cut(by); });
}

} // namespace troupe::actors
