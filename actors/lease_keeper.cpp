// SPDX-License-Identifier: Apache-2.0
#include "actors/lease_keeper.hpp"

#include "actors/deadlines.hpp"

namespace troupe::actors {

lease_keeper_actor::behavior_type lease_keeper(lease_keeper_actor::stateful_pointer<lease_keeper_state> self,
                                               worker_name who, buffer_actor from) {
  const auto wait = [=] {
    if (self->state.kept.lease != lease_id{} && !self->state.waiting) {
      self->state.waiting = true;
      self->delayed_send(self, self->state.kept.renew_every, renew_lease{});
    }
  };
  return {
      [=](const keep_lease& k) {
        self->state.kept = k;
        wait();
      },
      [=](const renew_lease&) {
        self->state.waiting = false;
        if (self->state.kept.lease != lease_id{}) {
          self->request(from, deadline::buffer, renew_request{who, self->state.kept.lease})
              .then([](const write_reply&) {}, [](caf::error&) { /* a lease that ends goes to another worker */ });
        }
        wait();
      },
  };
}

} // namespace troupe::actors
