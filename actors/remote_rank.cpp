// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_rank.hpp"

#include "actors/rank_calls.hpp"

namespace troupe::actors {

remote_rank_actor::behavior_type remote_rank(remote_rank_actor::stateful_pointer<remote_rank_state> self,
                                             std::shared_ptr<wire::client> to, std::chrono::milliseconds within) {
  return forwarding<remote_rank_actor::behavior_type>(rank_calls{}, self, std::move(to), within);
}

} // namespace troupe::actors
