// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/wire_call.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

/// The learner's interface, where the wire's answers come back, and how it is cut.
using remote_learner_actor = learner_actor::extend<caf::reacts_to<wire_ended>, caf::reacts_to<wire_cut>>;

struct remote_learner_state {
  remote_learner_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "remote_learner";
  wire_calls calls;
};

/// A learner in another process. `within` bounds one request; when the client ends, so does every request. A learner
/// that was restarted meanwhile answers that it has no stage. The client outlives the actor.
remote_learner_actor::behavior_type remote_learner(remote_learner_actor::stateful_pointer<remote_learner_state> self,
                                                   std::shared_ptr<wire::client> to, std::chrono::milliseconds within);

} // namespace troupe::actors
