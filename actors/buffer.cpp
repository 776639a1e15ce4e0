// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer.hpp"

#include "actors/deadlines.hpp"
#include "actors/failure.hpp"

#include <chrono>
#include <utility>

namespace troupe::actors {

clock_reading read_clocks() {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  return {.now = duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()),
          .wall_ms = duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

namespace {

using buffer_pointer = buffer_actor::stateful_pointer<buffer_state>;

/// The time of leases. It stands still while the disk is full: nobody is late because the buffer could not write.
clock_reading reading(buffer_pointer self, const clock_source& clock) {
  const auto& s = self->state;
  auto now = clock();
  now.now = s.parked.empty() ? now.now - s.stood_still : s.stopped_at;
  return now;
}

/// Runs what writes. Where the disk is full it is parked, and what comes after it too, so that order holds; tried
/// again it answers as it would have, since every request may be repeated.
template <class Reply, class Body>
caf::result<Reply> write(buffer_pointer self, const space_watch& space, const clock_source& clock, Body body) {
  auto& s = self->state;
  const auto attempt = [self, body] {
    self->state.service->settle();
    return body();
  };
  if (s.parked.empty()) {
    try {
      return attempt();
    } catch (const error& e) {
      if (e.code() != errc::resource_exhausted) {
        return to_caf(e);
      }
      s.full = e.what();
    } catch (const std::exception& e) {
      return to_caf(e);
    }
    s.parked_since = self->clock().now();
    s.stopped_at = reading(self, clock).now;
    space.full(true);
    space.notice("the store cannot write: " + s.full + "; the run waits for space");
    self->delayed_send(self, deadline::space_poll, write_again{});
  }
  auto promise = self->make_response_promise<Reply>();
  s.parked.push_back([self, attempt, promise](const error* ended) mutable {
    try {
      if (ended != nullptr) {
        throw *ended;
      }
      promise.deliver(attempt());
    } catch (const error& e) {
      if (ended == nullptr && e.code() == errc::resource_exhausted) {
        self->state.full = e.what();
        return false;
      }
      promise.deliver(to_caf(e));
    } catch (const std::exception& e) {
      promise.deliver(to_caf(e));
    }
    return true;
  });
  return promise;
}

void write_parked(buffer_pointer self, const space_watch& space, const clock_source& clock) {
  auto& s = self->state;
  while (!s.parked.empty() && s.parked.front()(nullptr)) {
    s.parked.pop_front();
    s.parked_since = self->clock().now();
  }
  if (s.parked.empty()) {
    s.stood_still = clock().now - s.stopped_at;
    space.full(false);
    space.notice("the store writes again");
    return;
  }
  if (!space.give_up() && self->clock().now() - s.parked_since < deadline::space) {
    self->delayed_send(self, deadline::space_poll, write_again{});
    return;
  }
  const error ended{errc::resource_exhausted, s.full};
  auto given_up = std::exchange(s.parked, {});
  s.stood_still = clock().now - s.stopped_at;
  for (auto& request : given_up) {
    request(&ended);
  }
}

} // namespace

buffer_actor::behavior_type buffer(buffer_actor::stateful_pointer<buffer_state> self,
                                   std::shared_ptr<buffer_service> service, clock_source clock, space_watch space) {
  self->state.service = std::move(service);
  return {
      [=](const begin_stage_request& r) {
        return write<done_reply>(self, space, clock, [=] { return self->state.service->begin_stage(r); });
      },
      [=](const issue_request& r) {
        return write<issue_reply>(self, space, clock,
                                  [=] { return self->state.service->issue(r, reading(self, clock)); });
      },
      [=](const lease_prompts_request& r) {
        return write<lease_prompts_reply>(self, space, clock,
                                          [=] { return self->state.service->lease_prompts(r, reading(self, clock)); });
      },
      [=](const submit_samples_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->submit_samples(r, reading(self, clock)); });
      },
      [=](const lease_generated_request& r) {
        return write<lease_generated_reply>(
            self, space, clock, [=] { return self->state.service->lease_generated(r, reading(self, clock)); });
      },
      [=](const submit_verdict_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->submit_verdict(r, reading(self, clock)); });
      },
      [=](const hand_back_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->hand_back(r, reading(self, clock)); });
      },
      [=](const renew_request& r) {
        return answer<write_reply>(
            [&] { return self->state.service->renew(r, reading(self, clock)); }); // writes nothing
      },
      [=](const worker_lost_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->worker_lost(r, reading(self, clock)); });
      },
      [=](const lease_batch_request& r) {
        return write<lease_batch_reply>(self, space, clock,
                                        [=] { return self->state.service->lease_batch(r, reading(self, clock)); });
      },
      [=](const commit_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->commit(r, reading(self, clock)); });
      },
      [=](const read_history_request&) {
        return answer<read_history_reply>([&] { return self->state.service->read_history(); });
      },
      [=](const read_steps_request& r) {
        return answer<read_steps_reply>([&] { return self->state.service->read_steps(r); });
      },
      [=](const read_batch_request& r) {
        return answer<lease_batch_reply>([&] { return self->state.service->read_batch(r); });
      },
      [=](const read_dataset_request& r) {
        return answer<read_dataset_reply>([&] { return self->state.service->read_dataset(r); });
      },
      [=](const record_request& r) {
        return write<write_reply>(self, space, clock,
                                  [=] { return self->state.service->record(r, reading(self, clock)); });
      },
      [=](const build_dataset_request& r) {
        return write<build_dataset_reply>(self, space, clock,
                                          [=] { return self->state.service->build_dataset(r, reading(self, clock)); });
      },
      [=](const write_again&) { write_parked(self, space, clock); },
      [=](const progress_request& r) {
        return answer<progress_reply>([&] { return self->state.service->progress(r, reading(self, clock)); });
      },
      [=](const begin_epoch_request&) {
        return write<begin_epoch_reply>(self, space, clock,
                                        [=] { return self->state.service->begin_epoch(reading(self, clock)); });
      },
      [=](const summary_request&) { return answer<summary_reply>([&] { return self->state.service->summary(); }); },
      [=](const evaluation_request& r) {
        return answer<evaluation_reply>([&] { return self->state.service->evaluation(r); });
      },
      [=](const steer_request& r) {
        return write<steer_reply>(self, space, clock, [=] { return self->state.service->steer(r); });
      },
  };
}

} // namespace troupe::actors
