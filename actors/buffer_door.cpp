// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_door.hpp"

#include "actors/deadlines.hpp"

namespace troupe::actors {

namespace {

template <class Request>
void check_speaker(const wire::peer& from, const Request& r) {
  if constexpr (requires { r.who; } && !std::is_same_v<Request, worker_lost_request>) {
    if (r.who.name != from.name || r.who.life != from.life) {
      throw error{errc::fenced, from.name + " speaks as " + r.who.name + "; each process speaks for itself"};
    }
  }
}

/// A learner records checkpoints; stages, and which checkpoints go, are the controller's.
void check_right(const wire::peer& from, const record_request& r) {
  if (from.as == wire::role::learner && (r.stage || !r.forgotten.empty() || !r.learner)) {
    throw error{errc::invalid, from.name + " is a learner: it records checkpoints of its epoch, not stages"};
  }
}
template <class Request>
void check_right(const wire::peer&, const Request&) {}

using door_pointer = door_actor::stateful_pointer<buffer_door_state>;

void ask(door_pointer self, const buffer_actor& to, const wire_asked& asked) {
  dispatch(buffer_calls{}, asked.what->kind, [&]<class Call>(Call) {
    auto request = decode_call<typename Call::request>(*only_part(*asked.what));
    check_speaker(asked.from, request);
    check_right(asked.from, request);
    pass_on<typename Call::reply>(
        self, to, deadline::buffer, std::move(request), asked.answer,
        [self, from = asked.from](std::string encoded) { return self->state.kept->answer(from, std::move(encoded)); });
  });
}

} // namespace

bool may_call(wire::role who, std::uint16_t kind) {
  if (kind == read_on) {
    return true; // of an answer it was given
  }
  switch (static_cast<buffer_call>(kind)) {
  case buffer_call::lease_prompts:
  case buffer_call::submit_samples:
    return who == wire::role::generator;
  case buffer_call::lease_generated:
  case buffer_call::submit_verdict:
    return who == wire::role::verifier;
  case buffer_call::hand_back:
  case buffer_call::renew:
    return wire::is_worker(who);
  case buffer_call::lease_batch:
  case buffer_call::commit:
  case buffer_call::read_batch:
  case buffer_call::read_dataset:
    return who == wire::role::learner;
  case buffer_call::read_steps:
  case buffer_call::record:
    return who == wire::role::learner || who == wire::role::controller;
  case buffer_call::summary:
  case buffer_call::progress:
    return who == wire::role::controller || who >= wire::role::admin_read;
  case buffer_call::begin_stage:
  case buffer_call::issue:
  case buffer_call::worker_lost:
  case buffer_call::read_history:
  case buffer_call::build_dataset:
  case buffer_call::evaluation:
  case buffer_call::begin_epoch:
  case buffer_call::steer:
    return who == wire::role::controller;
  }
  return false;
}

door_actor::behavior_type buffer_door(door_pointer self, buffer_actor to, std::size_t piece_bytes) {
  self->state.kept.emplace(piece_bytes);
  return {
      [=](const wire_asked& asked) {
        answered(asked.answer, [&] {
          self->state.fence.check(asked.from);
          if (asked.what->kind == read_on) {
            asked.answer(self->state.kept->piece(asked.from, *only_part(*asked.what)));
          } else {
            ask(self, to, asked);
          }
        });
      },
  };
}

} // namespace troupe::actors
