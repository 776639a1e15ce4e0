// SPDX-License-Identifier: Apache-2.0
#include "actors/verifier.hpp"

#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "actors/lease_keeper.hpp"

namespace troupe::actors {

namespace {

constexpr std::uint32_t groups_per_lease = 16;

using verifier_pointer = verifier_actor::stateful_pointer<verifier_state>;

void ask_for_samples(verifier_pointer self, const worker_name& who, const buffer_actor& from,
                     const failure_sink& failed) {
  self->state.busy = true;
  self->request(from, deadline::buffer, lease_generated_request{who, groups_per_lease})
      .then(
          [=](const lease_generated_reply& work) {
            auto& s = self->state;
            s.busy = false;
            s.work = work;
            s.next = 0;
            if (work.groups->empty()) {
              s.status->now("waiting for samples", "buffer");
              self->delayed_send(self, s.idle_pause, pull_work{});
              s.idle_pause = std::min(2 * s.idle_pause, deadline::idle_poll_max);
              return;
            }
            s.idle_pause = deadline::idle_poll;
            s.status->hold(1);
            self->send(s.keeper, keep_lease{work.lease, work.renew_every});
            self->send(self, pull_work{});
          },
          [=](caf::error& e) { failed(who.name, from_caf(e).what()); });
}

/// The lease is done, or another's.
void let_go(verifier_pointer self) {
  self->state.work = {};
  self->state.status->hold(0);
  self->send(self->state.keeper, keep_lease{});
}

std::vector<judgement> judge_one(const worker_status& status, const judge_group& judge, const generated_group& g) {
  const auto began = std::chrono::steady_clock::now();
  auto judged = judge(g);
  if (auto* figures = status.figures()) {
    figures->observe("troupe_verifier_duration_seconds",
                     std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    for (const auto& j : judged) {
      if (j.verdict != verdict_kind::none) { // of a group that nobody had to judge
        figures->add("troupe_verifier_verdicts_total", 1, to_string(j.verdict));
      }
    }
  }
  return judged;
}

/// Judges until the lease is done or it is time to hand in: a slow judge then shows that it moves.
payload<std::vector<judged_group>> judge_some(verifier_pointer self, const judge_group& judge) {
  auto& s = self->state;
  auto judged = std::make_shared<std::vector<judged_group>>();
  const auto until = self->clock().now() + deadline::verdicts;
  s.status->now("judging");
  do {
    const auto& g = s.work.groups->at(s.next++);
    judged->push_back({s.work.lease, g.what.id, judge_one(*s.status, judge, g)});
  } while (s.next < s.work.groups->size() && self->clock().now() < until);
  return judged;
}

void judge_and_submit(verifier_pointer self, const worker_name& who, const buffer_actor& from, const judge_group& judge,
                      const failure_sink& failed) {
  auto& s = self->state;
  payload<std::vector<judged_group>> judged;
  try {
    judged = judge_some(self, judge);
  } catch (const std::exception& e) {
    failed(who.name, e.what());
    return;
  }
  if (s.next == s.work.groups->size()) {
    let_go(self);
  }
  s.busy = true;
  s.status->now("handing in verdicts", "buffer");
  self->request(from, deadline::buffer, submit_verdict_request{who, judged})
      .then(
          [=](const write_reply& reply) {
            self->state.busy = false;
            if (reply.result == rollout::submit_result::fenced && self->state.work.groups) {
              self->request(from, deadline::buffer, hand_back_request{who, self->state.work.lease, "fenced"})
                  .then([](const write_reply&) {}, [](caf::error&) { /* it ends by time */ });
              let_go(self);
            }
            self->send(self, pull_work{});
          },
          [=](caf::error& e) { failed(who.name, from_caf(e).what()); });
}

} // namespace

verifier_actor::behavior_type verifier(verifier_pointer self, worker_name who, buffer_actor from, judge_group judge,
                                       failure_sink failed, std::shared_ptr<worker_status> status) {
  self->state.status = std::move(status);
  self->state.keeper = self->spawn<caf::linked>(lease_keeper, who, from);
  return {
      [=](const pull_work&) {
        auto& s = self->state;
        if (s.busy) {
          return;
        }
        if (s.work.groups && !s.work.groups->empty()) {
          judge_and_submit(self, who, from, judge, failed);
        } else if (!s.draining) {
          ask_for_samples(self, who, from, failed);
        } else if (s.drained) {
          s.status->now("drained");
          s.drained->deliver(done_reply{});
          s.drained.reset();
        }
      },
      [=](const drain_request&) -> caf::result<done_reply> {
        auto& s = self->state;
        s.draining = true;
        s.drained = self->make_response_promise<done_reply>();
        auto promise = *s.drained;
        self->send(self, pull_work{});
        return promise;
      },
  };
}

} // namespace troupe::actors
