// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_steps.hpp"

#include "actors/deadlines.hpp"
#include "actors/learner_ranks.hpp"
#include "actors/stage_training.hpp"
#include "runtime/kill_point.hpp"

#include <nlohmann/json.hpp>

namespace troupe::actors {

namespace {

/// This rank's share of one update. Moves the state's version and cursor on.
gpu::figures train_own_share(learner_state& s, const learner_parts& p, const batch* what) {
  const auto& spec = p.spec_of(s.stage);
  const auto produced = s.version.next();
  activity::scope busy{*p.meter, activity::kind::training};
  p.status->now("training step " + std::to_string(produced.value) +
                (produced > s.recorded ? "" : " again, of " + std::to_string(s.recorded.value) + " that are recorded"));
  const auto began = std::chrono::steady_clock::now();
  auto f = train_once(*s.trainer, {.groups = what, .examples = s.examples.get(), .data_cursor = s.data_cursor},
                      *p.recipe, s.stage, produced, *p.tokenizer);
  if (what != nullptr) {
    f.merge(s.gap.measure(*what, spec.temperature, *p.tokenizer, *p.backend));
    f.merge(describe(*what, spec, s.version));
    s.data_cursor = what->data_cursor;
  } else {
    s.data_cursor += spec.per_step_examples;
  }
  f["learning_rate"] = optimizer_of(spec, produced).learning_rate;
  f["timing_s/train"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  s.version = produced;
  return f;
}

std::shared_ptr<step_record> record_of(const learner_state& s, const batch* what, const gpu::figures& f) {
  auto r = std::make_shared<step_record>();
  r->stage = s.stage;
  r->version = s.version;
  r->branch = s.branch;
  if (what != nullptr) {
    for (const auto& g : what->groups) {
      r->groups.push_back(g.what.id);
    }
  }
  r->data_cursor = s.data_cursor;
  r->random_state = s.data_cursor;
  const auto skipped = f.find("skipped");
  r->skipped = skipped != f.end() && skipped->second != 0;
  r->metrics = nlohmann::json(f).dump();
  return r;
}

void commit(learner_pointer self, const shared_parts& p, const buffer_actor& from, lease_id lease, payload<batch> what,
            const gpu::figures& figures, caf::typed_response_promise<step_reply> promise) {
  kill_point("after_train_before_commit");
  p->status->now("committing step " + std::to_string(self->state.version.value), "buffer");
  const auto record = record_of(self->state, what.get(), figures);
  const auto loads = self->state.loads;
  self->request(from, deadline::buffer, commit_request{p->who, self->state.present, lease, record})
      .then(
          [=](const write_reply& reply) mutable {
            if (overtaken(self->state, loads, promise)) {
              return;
            }
            const bool stored = reply.result == rollout::submit_result::created ||
                                reply.result == rollout::submit_result::exists; // by this very request, repeated
            if (!stored) {
              promise.deliver(to_caf(error{errc::fenced, "the buffer answered the learner's commit with `" +
                                                             rollout::to_string(reply.result) +
                                                             "`: another learner has taken over"}));
              return;
            }
            self->state.uncommitted = false;
            show_step(*p->status, *record, self->clock().now() - self->state.waiting_since);
            kill_point("after_commit_before_publish");
            publish(self->state, *p);
            promise.deliver(step_reply{
                .stepped = true, .waiting_for = {}, .version = self->state.version, .metrics = record->metrics});
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

} // namespace

gpu::figures train(learner_pointer self, const learner_parts& p, const batch* what) {
  auto& s = self->state;
  if (!p.ranks.empty()) {
    train_share_request r{.learner = s.present, .version = s.version, .data_cursor = s.data_cursor, .groups = {}};
    for (std::size_t i = 0; what != nullptr && i < what->groups.size(); ++i) {
      r.groups.push_back(what->groups[i].what.id);
    }
    ask_ranks<done_reply>(self, p, [&](std::uint32_t) { return r; });
  }
  return train_own_share(s, p, what);
}

void publish(learner_state& s, const learner_parts& p) {
  const auto w = s.trainer->publish(s.version);
  s.gap.published(w, p.spec_of(s.stage).max_staleness);
  p.board->publish(s.stage, w);
  p.status->work_with(s.version);
  p.status->now("waiting for the controller", "controller");
}

void step(learner_pointer self, const shared_parts& p, const buffer_actor& from, std::chrono::milliseconds patience,
          caf::typed_response_promise<step_reply> promise) {
  auto& s = self->state;
  const auto loads = s.loads;
  if (p->spec_of(s.stage).type == config::stage_type::sft) {
    try {
      s.uncommitted = true;
      commit(self, p, from, lease_id{}, nullptr, train(self, *p, nullptr), promise);
    } catch (const std::exception& e) {
      give_up(self, *p, e, promise);
    }
    return;
  }
  self->request(from, deadline::buffer, lease_batch_request{p->who, s.present})
      .then(
          [=](const lease_batch_reply& reply) mutable {
            if (overtaken(self->state, loads, promise)) {
              return;
            }
            if (!reply.what) {
              p->status->now("waiting for a batch", "buffer");
              if (self->clock().now() - self->state.waiting_since > patience) {
                promise.deliver(step_reply{.stepped = false, .waiting_for = reply.waiting_for});
              } else {
                self->delayed_send(self, deadline::idle_poll, try_step{patience, loads, promise});
              }
              return;
            }
            try {
              self->state.uncommitted = true;
              commit(self, p, from, reply.lease, reply.what, train(self, *p, reply.what.get()), promise);
            } catch (const std::exception& e) {
              give_up(self, *p, e, promise);
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

} // namespace troupe::actors
