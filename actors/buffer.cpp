// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer.hpp"

#include "actors/failure.hpp"

#include <chrono>

namespace troupe::actors {

clock_reading read_clocks() {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  return {.now = duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()),
          .wall_ms = duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

buffer_actor::behavior_type buffer(buffer_actor::stateful_pointer<buffer_state> self,
                                   std::shared_ptr<buffer_service> service, clock_source clock) {
  self->state.service = std::move(service);
  return {
      [=](const begin_stage_request& r) {
        return answer<begin_stage_reply>([&] { return self->state.service->begin_stage(r); });
      },
      [=](const issue_request& r) {
        return answer<issue_reply>([&] { return self->state.service->issue(r, clock()); });
      },
      [=](const lease_prompts_request& r) {
        return answer<lease_prompts_reply>([&] { return self->state.service->lease_prompts(r, clock()); });
      },
      [=](const submit_samples_request& r) {
        return answer<submit_reply>([&] { return self->state.service->submit_samples(r, clock()); });
      },
      [=](const lease_generated_request& r) {
        return answer<lease_generated_reply>([&] { return self->state.service->lease_generated(r, clock()); });
      },
      [=](const submit_verdict_request& r) {
        return answer<submit_reply>([&] { return self->state.service->submit_verdict(r, clock()); });
      },
      [=](const hand_back_request& r) {
        return answer<submit_reply>([&] { return self->state.service->hand_back(r, clock()); });
      },
      [=](const renew_request& r) {
        return answer<submit_reply>([&] { return self->state.service->renew(r, clock()); });
      },
      [=](const worker_lost_request& r) {
        return answer<submit_reply>([&] { return self->state.service->worker_lost(r, clock()); });
      },
      [=](const lease_batch_request& r) {
        return answer<lease_batch_reply>([&] { return self->state.service->lease_batch(r, clock()); });
      },
      [=](const commit_request& r) {
        return answer<submit_reply>([&] { return self->state.service->commit(r, clock()); });
      },
      [=](const read_batch_request& r) {
        return answer<lease_batch_reply>([&] { return self->state.service->read_batch(r); });
      },
      [=](const read_dataset_request& r) {
        return answer<read_dataset_reply>([&] { return self->state.service->read_dataset(r); });
      },
      [=](const record_request& r) {
        return answer<submit_reply>([&] { return self->state.service->record(r, clock()); });
      },
      [=](const build_dataset_request& r) {
        return answer<build_dataset_reply>([&] { return self->state.service->build_dataset(r, clock()); });
      },
      [=](const progress_request&) {
        return answer<progress_reply>([&] { return self->state.service->progress(clock()); });
      },
      [=](const evaluation_request& r) {
        return answer<evaluation_reply>([&] { return self->state.service->evaluation(r); });
      },
  };
}

} // namespace troupe::actors
