// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/wire_call.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

/// A rank's interface, and where the wire's answers come back.
using remote_rank_actor = learner_rank_actor::extend<caf::reacts_to<wire_ended>>;

struct remote_rank_state {
  remote_rank_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "remote_rank";
  wire_calls calls;
};

/// A rank of this process's learner in another process. `within` bounds one request, also while that process is
/// restarted: it then answers that it has no model. The client outlives the actor.
remote_rank_actor::behavior_type remote_rank(remote_rank_actor::stateful_pointer<remote_rank_state> self,
                                             std::shared_ptr<wire::client> to, std::chrono::milliseconds within);

} // namespace troupe::actors
