// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_rank.hpp"

#include "actors/rank_calls.hpp"

namespace troupe::actors {

namespace {

using pointer = remote_rank_actor::stateful_pointer<remote_rank_state>;

template <class Reply, class Request>
caf::result<Reply> forward(pointer self, const std::shared_ptr<wire::client>& to, std::chrono::milliseconds within,
                           rank_call call, const Request& what) {
  return self->state.calls.ask<Reply>(self, *to, static_cast<std::uint16_t>(call), encode(what), within,
                                      decode_rank_call<Reply>);
}

} // namespace

remote_rank_actor::behavior_type remote_rank(pointer self, std::shared_ptr<wire::client> to,
                                             std::chrono::milliseconds within) {
  return {
      [=](const load_share_request& r) {
        return forward<load_share_reply>(self, to, within, rank_call::load_share, r);
      },
      [=](const join_ranks_request& r) {
        return forward<join_ranks_reply>(self, to, within, rank_call::join_ranks, r);
      },
      [=](const train_share_request& r) {
        return forward<train_share_reply>(self, to, within, rank_call::train_share, r);
      },
      [=](const gather_share_request& r) {
        return forward<gather_share_reply>(self, to, within, rank_call::gather_share, r);
      },
      [=](const wire_ended& ended) { self->state.calls.end(ended); },
  };
}

} // namespace troupe::actors
