// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/wire_call.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

/// The buffer's interface, where the wire's answers come back, and how it is cut.
using remote_buffer_actor = buffer_actor::extend<caf::reacts_to<wire_ended>, caf::reacts_to<wire_cut>>;

struct remote_buffer_state {
  remote_buffer_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "remote_buffer";
  wire_calls calls;
};

/// A buffer in another process: each request goes over the wire, and its answer comes back as the buffer gave it. The
/// client outlives the actor.
remote_buffer_actor::behavior_type remote_buffer(remote_buffer_actor::stateful_pointer<remote_buffer_state> self,
                                                 std::shared_ptr<wire::client> to);

} // namespace troupe::actors
