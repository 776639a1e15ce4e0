// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_buffer.hpp"

#include "actors/buffer_calls.hpp"
#include "actors/deadlines.hpp"

namespace troupe::actors {

remote_buffer_actor::behavior_type remote_buffer(remote_buffer_actor::stateful_pointer<remote_buffer_state> self,
                                                 std::shared_ptr<wire::client> to) {
  return forwarding<remote_buffer_actor::behavior_type>(
      buffer_calls{}, self, std::move(to), deadline::wire,
      [](const write_again&) { /* the buffer's own, of its own process */ },
      [=](const wire_cut& by) { self->state.calls.cut(by); });
}

} // namespace troupe::actors
