// SPDX-License-Identifier: Apache-2.0
#include "actors/rank_door.hpp"

#include "actors/rank_calls.hpp"

namespace troupe::actors {

namespace {

template <class Request, class Reply>
void ask(door_actor::pointer self, const learner_rank_actor& to, std::chrono::milliseconds within,
         const wire_asked& r) {
  pass_on<Reply>(self, to, within, decode_rank_call<Request>(body_of(r)), r.answer);
}

void dispatch(door_actor::pointer self, const learner_rank_actor& to, std::chrono::milliseconds within,
              const wire_asked& r) {
  switch (static_cast<rank_call>(r.what->kind)) {
  case rank_call::load_share:
    return ask<load_share_request, load_share_reply>(self, to, within, r);
  case rank_call::join_ranks:
    return ask<join_ranks_request, join_ranks_reply>(self, to, within, r);
  case rank_call::train_share:
    return ask<train_share_request, train_share_reply>(self, to, within, r);
  case rank_call::gather_share:
    return ask<gather_share_request, gather_share_reply>(self, to, within, r);
  }
  throw error{errc::invalid, "request of the unknown kind " + std::to_string(r.what->kind)};
}

} // namespace

door_actor::behavior_type rank_door(door_actor::stateful_pointer<rank_door_state> self, learner_rank_actor to,
                                    std::chrono::milliseconds within) {
  return {
      [=](const wire_asked& asked) { admit(asked, [&] { dispatch(self, to, within, asked); }); },
  };
}

} // namespace troupe::actors
