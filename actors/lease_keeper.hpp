// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"

namespace troupe::actors {

struct lease_keeper_state {
  lease_keeper_state() = default; ///< not an aggregate, see verifier_state
  static constexpr const char* name = "lease_keeper";
  keep_lease kept;
  bool waiting = false; ///< a renew_lease is on its way
};

/// Keeps leases of `who`. Spawn it linked to the worker and on another thread.
lease_keeper_actor::behavior_type lease_keeper(lease_keeper_actor::stateful_pointer<lease_keeper_state> self,
                                               worker_name who, buffer_actor from);

} // namespace troupe::actors
