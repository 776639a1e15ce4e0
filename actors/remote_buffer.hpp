// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "runtime/wire/client.hpp"

#include <functional>
#include <map>
#include <memory>

namespace troupe::actors {

/// From a wire's thread to its actor: a request has ended.
struct wire_ended {
  std::uint64_t request = 0;
  payload<wire::outcome> how;
};

/// The buffer's interface, and where the wire's answers come back.
using remote_buffer_actor = buffer_actor::extend<caf::reacts_to<wire_ended>>;

struct remote_buffer_state {
  remote_buffer_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "remote_buffer";
  std::uint64_t asked = 0;
  std::map<std::uint64_t, std::function<void(const wire::outcome&)>> waiting; ///< by request
};

/// A buffer in another process: each request goes over the wire, and its answer comes back as the buffer gave it. The
/// client outlives the actor.
remote_buffer_actor::behavior_type remote_buffer(remote_buffer_actor::stateful_pointer<remote_buffer_state> self,
                                                 std::shared_ptr<wire::client> to);

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::wire_ended)
