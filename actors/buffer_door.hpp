// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_calls.hpp"
#include "actors/interfaces.hpp"
#include "actors/long_answer.hpp"
#include "actors/wire_door.hpp"

#include <caf/stateful_actor.hpp>

namespace troupe::actors {

/// Which role may ask what: a generator leases prompts and submits samples, a verifier leases samples and submits
/// verdicts, the learner leases batches and commits, the controller runs the stages; all read what they need.
bool may_call(wire::role who, std::uint16_t kind);

struct buffer_door_state {
  buffer_door_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "buffer_door";
  controller_fence fence;
  std::optional<long_answers> kept;
};

/// Lets other processes ask the buffer. Answers each request with the buffer's reply or its error. A request that says
/// it is of another worker than the peer it came from is refused. An answer longer than `piece_bytes` goes in pieces.
door_actor::behavior_type buffer_door(door_actor::stateful_pointer<buffer_door_state> self, buffer_actor to,
                                      std::size_t piece_bytes);

} // namespace troupe::actors
