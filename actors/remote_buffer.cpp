// SPDX-License-Identifier: Apache-2.0
#include "actors/remote_buffer.hpp"

#include "actors/buffer_calls.hpp"
#include "actors/deadlines.hpp"

namespace troupe::actors {

namespace {

using pointer = remote_buffer_actor::stateful_pointer<remote_buffer_state>;

template <class Reply, class Request>
caf::result<Reply> forward(pointer self, const std::shared_ptr<wire::client>& to, buffer_call call,
                           const Request& what) {
  return self->state.calls.ask<Reply>(self, *to, static_cast<std::uint16_t>(call), encode(what), deadline::wire,
                                      decode_call<Reply>);
}

} // namespace

remote_buffer_actor::behavior_type remote_buffer(pointer self, std::shared_ptr<wire::client> to) {
  return {
      [=](const begin_stage_request& r) { return forward<begin_stage_reply>(self, to, buffer_call::begin_stage, r); },
      [=](const issue_request& r) { return forward<issue_reply>(self, to, buffer_call::issue, r); },
      [=](const lease_prompts_request& r) {
        return forward<lease_prompts_reply>(self, to, buffer_call::lease_prompts, r);
      },
      [=](const submit_samples_request& r) { return forward<submit_reply>(self, to, buffer_call::submit_samples, r); },
      [=](const lease_generated_request& r) {
        return forward<lease_generated_reply>(self, to, buffer_call::lease_generated, r);
      },
      [=](const submit_verdict_request& r) { return forward<submit_reply>(self, to, buffer_call::submit_verdict, r); },
      [=](const hand_back_request& r) { return forward<submit_reply>(self, to, buffer_call::hand_back, r); },
      [=](const renew_request& r) { return forward<submit_reply>(self, to, buffer_call::renew, r); },
      [=](const worker_lost_request& r) { return forward<submit_reply>(self, to, buffer_call::worker_lost, r); },
      [=](const lease_batch_request& r) { return forward<lease_batch_reply>(self, to, buffer_call::lease_batch, r); },
      [=](const commit_request& r) { return forward<submit_reply>(self, to, buffer_call::commit, r); },
      [=](const read_history_request& r) {
        return forward<read_history_reply>(self, to, buffer_call::read_history, r);
      },
      [=](const read_steps_request& r) { return forward<read_steps_reply>(self, to, buffer_call::read_steps, r); },
      [=](const read_batch_request& r) { return forward<lease_batch_reply>(self, to, buffer_call::read_batch, r); },
      [=](const read_dataset_request& r) {
        return forward<read_dataset_reply>(self, to, buffer_call::read_dataset, r);
      },
      [=](const record_request& r) { return forward<submit_reply>(self, to, buffer_call::record, r); },
      [=](const build_dataset_request& r) {
        return forward<build_dataset_reply>(self, to, buffer_call::build_dataset, r);
      },
      [=](const write_again&) { /* the buffer's own, of its own process */ },
      [=](const begin_epoch_request& r) { return forward<begin_epoch_reply>(self, to, buffer_call::begin_epoch, r); },
      [=](const summary_request& r) { return forward<summary_reply>(self, to, buffer_call::summary, r); },
      [=](const progress_request& r) { return forward<progress_reply>(self, to, buffer_call::progress, r); },
      [=](const evaluation_request& r) { return forward<evaluation_reply>(self, to, buffer_call::evaluation, r); },
      [=](const steer_request& r) { return forward<steer_reply>(self, to, buffer_call::steer, r); },
      [=](const wire_ended& ended) { self->state.calls.end(ended); },
      [=](const wire_cut& by) { self->state.calls.cut(by); },
  };
}

} // namespace troupe::actors
