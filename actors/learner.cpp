// SPDX-License-Identifier: Apache-2.0
#include "actors/learner.hpp"

#include "actors/checkpoint.hpp"
#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "actors/learner_ranks.hpp"
#include "actors/stage_training.hpp"
#include "runtime/check.hpp"
#include "runtime/kill_point.hpp"

#include <caf/send.hpp>
#include <nlohmann/json.hpp>

namespace troupe::actors {

namespace {

using pointer = own_learner_actor::stateful_pointer<learner_state>;
using shared_parts = std::shared_ptr<const learner_parts>;
using step_promise = caf::typed_response_promise<step_reply>;
using load_promise = caf::typed_response_promise<load_stage_reply>;

const config::stage_spec& spec_of(const learner_parts& p, stage_index stage) {
  return p.recipe->stages.at(stage.value);
}

error no_model() {
  return {errc::unavailable, "the learner has no model; load a stage"};
}

/// One update on `what` (null for sft). Moves the state's version and cursor on.
gpu::figures train(learner_state& s, const learner_parts& p, const batch* what) {
  const auto& spec = spec_of(p, s.stage);
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

/// The same on all ranks, each with its share.
gpu::figures train(pointer self, const learner_parts& p, const batch* what) {
  auto& s = self->state;
  if (!p.ranks.empty()) {
    train_share_request r{.learner = s.present, .version = s.version, .data_cursor = s.data_cursor, .groups = {}};
    for (std::size_t i = 0; what != nullptr && i < what->groups.size(); ++i) {
      r.groups.push_back(what->groups[i].what.id);
    }
    ask_ranks<done_reply>(self, p, [&](std::uint32_t) { return r; });
  }
  return train(s, p, what);
}

std::shared_ptr<const gpu::weights> publish(learner_state& s, const learner_parts& p) {
  auto w = s.trainer->publish(s.version);
  s.gap.published(w, spec_of(p, s.stage).max_staleness);
  p.board->publish(s.stage, w);
  p.status->work_with(s.version);
  p.status->now("waiting for the controller", "controller");
  return w;
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

/// Answers who asked, and true, when another load_stage has come since.
template <class Promise>
bool overtaken(const learner_state& s, std::uint64_t loads, Promise& promise) {
  if (s.loads != loads) {
    promise.deliver(to_caf(error{errc::unavailable, "the learner was told to load a stage meanwhile"}));
  }
  return s.loads != loads;
}

void commit(pointer self, const shared_parts& p, const buffer_actor& from, lease_id lease, payload<batch> what,
            const gpu::figures& figures, step_promise promise) {
  kill_point("after_train_before_commit");
  p->status->now("committing step " + std::to_string(self->state.version.value), "buffer");
  const auto record = record_of(self->state, what.get(), figures);
  const auto loads = self->state.loads;
  self->request(from, deadline::buffer, commit_request{p->who, self->state.present, lease, record})
      .then(
          [=](const submit_reply& reply) mutable {
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

void step(pointer self, const shared_parts& p, const buffer_actor& from, std::chrono::milliseconds patience,
          step_promise promise) {
  auto& s = self->state;
  const auto loads = s.loads;
  if (spec_of(*p, s.stage).type == config::stage_type::sft) {
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

/// Trains recorded step `i` and those after it again, then publishes.
void replay(pointer self, const shared_parts& p, const buffer_actor& from, payload<std::vector<step_record>> steps,
            std::size_t i, load_promise promise) {
  auto& s = self->state;
  if (i == steps->size()) {
    s.gap.clear();
    s.uncommitted = false;
    publish(s, *p);
    promise.deliver(load_stage_reply{.version = s.version, .trained_again = steps->size()});
    return;
  }
  const auto& r = (*steps)[i];
  if (r.groups.empty()) {
    s.data_cursor = r.data_cursor - spec_of(*p, s.stage).per_step_examples;
    train(self, *p, nullptr);
    replay(self, p, from, steps, i + 1, promise);
    return;
  }
  const auto loads = s.loads;
  self->request(from, deadline::buffer, read_batch_request{r.groups})
      .then(
          [=](const lease_batch_reply& reply) mutable {
            if (overtaken(self->state, loads, promise)) {
              return;
            }
            try {
              train(self, *p, reply.what.get());
              replay(self, p, from, steps, i + 1, promise);
            } catch (const std::exception& e) {
              give_up(self, *p, e, promise);
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

void load(pointer self, const learner_parts& p, const load_stage_request& r) {
  auto& s = self->state;
  s.uncommitted = true; // until all that is recorded has been trained again
  s.stage = r.stage;
  s.version = r.version;
  s.branch = r.branch;
  s.present = r.learner;
  s.data_cursor = r.version.value * spec_of(p, r.stage).per_step_examples;
  p.status->now("loading stage " + std::to_string(r.stage.value));
  s.trainer = open_trainer(p, r, join_ranks(self, p));
}

/// Fetches the steps recorded behind the weights that are loaded, then replays.
void fetch_steps(pointer self, const shared_parts& p, const buffer_actor& from, load_promise promise) {
  const auto loads = self->state.loads;
  self->request(from, deadline::buffer, read_steps_request{self->state.stage, self->state.version})
      .then(
          [=](const read_steps_reply& reply) mutable {
            if (overtaken(self->state, loads, promise)) {
              return;
            }
            self->state.recorded = reply.steps->empty() ? policy_version{0} : reply.steps->back().version;
            if (!reply.steps->empty()) {
              self->state.branch = reply.steps->back().branch + (p->recipe->deterministic ? 0 : 1);
            }
            try {
              replay(self, p, from, reply.steps, 0, promise);
            } catch (const std::exception& e) {
              give_up(self, *p, e, promise);
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

/// Loads the model of the stage, and fetches its data, then its steps.
void load_stage(pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
                load_promise promise) {
  try {
    load(self, *p, r);
    auto wanted = std::make_shared<examples_wanted>();
    wanted->recipe = p->recipe;
    wanted->sources = &p->sources;
    wanted->tokenizer = p->tokenizer;
    wanted->stage = r.stage;
    wanted->done = [=, loads = self->state.loads](std::unique_ptr<training_data> examples) mutable {
      if (overtaken(self->state, loads, promise)) {
        return;
      }
      self->state.examples = std::move(examples);
      fetch_steps(self, p, from, promise);
    };
    wanted->failed = [=](const caf::error& e) mutable { promise.deliver(e); };
    fetch_examples(self, from, wanted);
  } catch (const std::exception& e) {
    give_up(self, *p, e, promise);
  }
}

/// Has every rank load the stage, then does so.
void load_all(pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
              load_promise promise) {
  self->state.trainer.reset();
  ask_ranks<done_reply>(self, *p, [&](std::uint32_t) { return load_share_request{r}; });
  when_ranks_answered(self->state, [=, loads = self->state.loads]() mutable {
    if (overtaken(self->state, loads, promise)) {
      return;
    }
    if (const auto& failed = self->state.asked->failed) {
      promise.deliver(to_caf(*failed));
    } else {
      load_stage(self, p, from, r, promise);
    }
  });
}

/// Whether what is loaded may be just what is asked for: only the controller or the buffer was restarted.
bool may_hold(const learner_state& s, const learner_parts& p, const load_stage_request& r) {
  return s.trainer && p.ranks.empty() && !s.uncommitted && s.stage == r.stage && s.version >= r.version;
}

/// Asks the buffer what is recorded, and loads unless that is what is loaded.
void keep_or_load(pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
                  load_promise promise) {
  const auto loads = self->state.loads;
  self->request(from, deadline::buffer, read_steps_request{r.stage, r.version})
      .then(
          [=](const read_steps_reply& reply) mutable {
            auto& s = self->state;
            const bool none = reply.steps->empty();
            const auto version = none ? r.version : reply.steps->back().version;
            const auto branch = none ? r.branch : reply.steps->back().branch;
            if (overtaken(s, loads, promise)) {
              return;
            }
            if (s.version == version && s.branch == branch) {
              s.present = r.learner;
              promise.deliver(load_stage_reply{.version = s.version, .trained_again = 0});
            } else {
              load_all(self, p, from, r, promise);
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

} // namespace

own_learner_actor::behavior_type learner(pointer self, shared_parts parts, buffer_actor from) {
  self->attach_functor([ranks = parts->ranks] {
    for (const auto& one : ranks) {
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    }
  });
  return {
      [=](const load_stage_request& r) -> caf::result<load_stage_reply> {
        auto promise = self->make_response_promise<load_stage_reply>();
        if (r.learner < self->state.present && r.learner != epoch{}) {
          promise.deliver(to_caf(error{errc::fenced, "a later epoch than " + std::to_string(r.learner.value) +
                                                         " has begun; another controller has taken over"}));
          return promise;
        }
        ++self->state.loads;
        may_hold(self->state, *parts, r) ? keep_or_load(self, parts, from, r, promise)
                                         : load_all(self, parts, from, r, promise);
        return promise;
      },
      [=](const publish_request& r) {
        return answer<done_reply>([&] {
          parts->board->publish(r.stage, open_weights(*parts, r.folder, policy_version{}));
          return done_reply{};
        });
      },
      [=](const pin_request& r) {
        return answer<done_reply>([&] {
          r.keep ? parts->board->pin(r.stage, r.version) : parts->board->unpin(r.stage, r.version);
          return done_reply{};
        });
      },
      [=](const step_request& r) -> caf::result<step_reply> {
        auto promise = self->make_response_promise<step_reply>();
        if (!self->state.trainer) {
          promise.deliver(to_caf(no_model()));
          return promise;
        }
        self->state.waiting_since = self->clock().now();
        step(self, parts, from, r.patience, promise);
        return promise;
      },
      [=](const try_step& again) {
        auto promise = again.promise;
        if (!overtaken(self->state, again.loads, promise)) {
          step(self, parts, from, again.patience, promise);
        }
      },
      [=](const checkpoint_request&) -> caf::result<checkpoint_reply> {
        auto promise = self->make_response_promise<checkpoint_reply>();
        auto& s = self->state;
        if (!s.trainer) {
          promise.deliver(to_caf(no_model()));
          return promise;
        }
        parts->status->now("writing a checkpoint");
        try {
          ask_ranks<done_reply>(self, *parts, [&](std::uint32_t) {
            return gather_share_request{s.present, s.version};
          });
          s.trainer->gather();
        } catch (const std::exception& e) {
          give_up(self, *parts, e, promise);
          return promise;
        }
        try {
          auto written = std::make_shared<checkpoint_record>(
              write_checkpoint(parts->run_folder, spec_of(*parts, s.stage).name, s.stage, s.version, s.branch,
                               *s.trainer, parts->tokenizer_folder));
          self->request(from, deadline::buffer, record_request{written, {}, nullptr, s.present})
              .then(
                  [=](const submit_reply&) mutable {
                    parts->status->now("waiting for the controller", "controller");
                    promise.deliver(checkpoint_reply{written});
                  },
                  [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
        } catch (const std::exception& e) {
          promise.deliver(to_caf(e));
        }
        return promise;
      },
  };
}

} // namespace troupe::actors
