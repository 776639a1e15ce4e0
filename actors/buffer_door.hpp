// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_calls.hpp"
#include "actors/interfaces.hpp"
#include "runtime/wire/server.hpp"

namespace troupe::actors {

/// A request of another process, as it came over the wire.
struct wire_asked {
  wire::peer from;
  payload<wire::message> what;
  wire::respond answer;
};

/// Lets other processes ask the buffer.
using buffer_door_actor = caf::typed_actor<caf::reacts_to<wire_asked>>;

/// Which role may ask what: a generator leases prompts and submits samples, a verifier leases samples and submits
/// verdicts, the learner leases batches and commits, the controller runs the stages; all read what they need.
bool may_call(wire::role who, std::uint16_t kind);

/// Answers each request with the buffer's reply or its error. A request that says it is of another worker than the
/// peer it came from is refused.
buffer_door_actor::behavior_type buffer_door(buffer_door_actor::pointer self, buffer_actor to);

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::wire_asked)
