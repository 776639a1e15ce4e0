// SPDX-License-Identifier: Apache-2.0
#include "actors/generator.hpp"

#include "actors/deadlines.hpp"
#include "actors/failure.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

constexpr std::uint32_t steps_per_turn = 8; // decode steps between two looks at the mailbox

using generator_pointer = generator_actor::stateful_pointer<generator_state>;

/// Answers who asked to drain, once all has been handed back.
void end_drain(generator_pointer self) {
  auto& s = self->state;
  if (s.drained && s.handing_back == 0 && !s.asking) {
    s.status->now("drained");
    s.status->hold(0);
    s.drained->deliver(done_reply{});
    s.drained.reset();
  }
}

void hand_back(generator_pointer self, const worker_name& who, const buffer_actor& from, lease_id lease,
               std::vector<sampled> partials) {
  const auto done = [self] {
    --self->state.handing_back;
    end_drain(self);
  };
  ++self->state.handing_back;
  self->request(from, deadline::buffer,
                hand_back_request{who, lease, "drained", std::make_shared<std::vector<sampled>>(std::move(partials))})
      .then([=](const write_reply&) { done(); },
            [=](caf::error&) {
              done(); /* the lease ends by time */
            });
}

/// What it does now, in words.
void tell(generator_pointer self, bool busy) {
  auto& s = self->state;
  s.status->hold(s.station->leases().size());
  if (auto* figures = s.status->figures()) {
    figures->set("troupe_generator_running_samples", static_cast<double>(s.station->pending()));
  }
  if (s.station->pending() == 0) {
    s.status->now("waiting for prompts", "buffer");
  } else if (busy) {
    s.status->now("sampling");
  } else {
    s.status->now("waiting for " + s.station->waiting_for(), "learner");
  }
}

void ask_for_prompts(generator_pointer self, const worker_name& who, const buffer_actor& from, std::uint32_t room,
                     const failure_sink& failed) {
  auto& s = self->state;
  s.asking = true;
  const std::uint32_t groups = std::max(1u, room / std::max(1u, s.samples_per_group));
  self->request(from, deadline::buffer, lease_prompts_request{who, groups})
      .then(
          [=](const lease_prompts_reply& reply) {
            auto& state = self->state;
            state.asking = false;
            if (state.draining) {
              if (!reply.work->empty()) {
                hand_back(self, who, from, reply.lease, {});
              }
              end_drain(self);
              return;
            }
            if (!reply.work->empty()) {
              state.idle_pause = deadline::idle_poll;
              state.renew_every = reply.renew_every;
              state.samples_per_group = static_cast<std::uint32_t>(reply.work->front().what.members.size());
              try {
                state.station->accept(reply.lease, *reply.work);
              } catch (const std::exception& e) {
                failed(who.name, e.what());
                return;
              }
            }
            if (state.station->pending() > 0) {
              if (!state.decoding) {
                state.decoding = true;
                self->send(self, decode_more{});
              }
            } else {
              tell(self, false);
              self->delayed_send(self, state.idle_pause, pull_work{});
              state.idle_pause = std::min(2 * state.idle_pause, deadline::idle_poll_max);
            }
          },
          [=](caf::error& e) { failed(who.name, from_caf(e).what()); });
}

void renew(generator_pointer self, const worker_name& who, const buffer_actor& from, lease_id lease) {
  self->request(from, deadline::buffer, renew_request{who, lease})
      .then(
          [=](const write_reply& reply) {
            if (reply.result == rollout::submit_result::fenced) {
              self->state.station->let_go(lease);
            }
          },
          [](caf::error&) { /* a lease that ends is given to another worker */ });
}

void renew_leases(generator_pointer self, const worker_name& who, const buffer_actor& from) {
  const auto now = self->clock().now();
  if (now - self->state.renewed < self->state.renew_every) {
    return;
  }
  self->state.renewed = now;
  for (const auto lease : self->state.station->leases()) {
    renew(self, who, from, lease);
  }
}

void count(const worker_status& status, const std::vector<sampled>& done) {
  if (auto* figures = status.figures()) {
    for (const auto& one : done) {
      figures->add("troupe_generator_samples_total", 1, to_string(one.what.finish));
      figures->observe("troupe_generator_completion_tokens", static_cast<double>(one.what.tokens.size()));
    }
  }
}

void submit(generator_pointer self, const worker_name& who, const buffer_actor& from, std::vector<sampled> done,
            const failure_sink& failed) {
  std::set<lease_id> leases;
  for (const auto& one : done) {
    leases.insert(one.lease);
  }
  self->request(from, deadline::buffer,
                submit_samples_request{who, std::make_shared<std::vector<sampled>>(std::move(done))})
      .then(
          [=](const write_reply& reply) {
            if (reply.result == rollout::submit_result::fenced) { // one of them: it is let go when it cannot be renewed
              for (const auto lease : leases) {
                renew(self, who, from, lease);
              }
            }
          },
          [=](caf::error& e) { failed(who.name, from_caf(e).what()); });
}

} // namespace

generator_actor::behavior_type generator(generator_pointer self, worker_name who, buffer_actor from,
                                         std::shared_ptr<sampling_station> station, std::uint32_t batch_size,
                                         failure_sink failed, std::shared_ptr<worker_status> status) {
  self->state.station = std::move(station);
  self->state.status = std::move(status);
  self->state.renewed = self->clock().now();
  return {
      [=](const pull_work&) {
        auto& s = self->state;
        if (!s.asking && !s.draining && s.station->pending() < batch_size) {
          ask_for_prompts(self, who, from, batch_size - static_cast<std::uint32_t>(s.station->pending()), failed);
        }
      },
      [=](const decode_more&) {
        auto& s = self->state;
        s.decoding = false;
        if (s.draining) {
          return;
        }
        std::vector<sampled> done;
        bool busy = false;
        try {
          done = s.station->run(steps_per_turn);
          busy = s.station->can_step();
        } catch (const std::exception& e) {
          failed(who.name, e.what());
          return;
        }
        count(*s.status, done);
        if (!done.empty()) {
          submit(self, who, from, std::move(done), failed);
        }
        renew_leases(self, who, from);
        tell(self, busy);
        if (s.station->pending() > 0) {
          s.decoding = true;
          // not busy: all there is waits for weights that are about to be published
          busy ? self->send(self, decode_more{}) : self->delayed_send(self, deadline::idle_poll, decode_more{});
        }
        self->send(self, pull_work{});
      },
      [=](const drain_request&) -> caf::result<done_reply> {
        auto& s = self->state;
        s.draining = true;
        s.status->now("handing back");
        s.drained = self->make_response_promise<done_reply>();
        auto promise = *s.drained;
        for (auto& [lease, partials] : s.station->abandon()) {
          hand_back(self, who, from, lease, std::move(partials));
        }
        end_drain(self);
        return promise;
      },
  };
}

} // namespace troupe::actors
