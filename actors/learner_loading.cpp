// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_loading.hpp"

#include "actors/deadlines.hpp"
#include "actors/learner_ranks.hpp"
#include "actors/stage_training.hpp"

namespace troupe::actors {

namespace {

using load_promise = caf::typed_response_promise<load_stage_reply>;

/// Trains recorded step `i` and those after it again, then publishes.
void replay(learner_pointer self, const shared_parts& p, const buffer_actor& from,
            payload<std::vector<step_record>> steps, std::size_t i, load_promise promise) {
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
    s.data_cursor = r.data_cursor - p->spec_of(s.stage).per_step_examples;
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

void load(learner_pointer self, const learner_parts& p, const load_stage_request& r) {
  auto& s = self->state;
  s.uncommitted = true; // until all that is recorded has been trained again
  s.stage = r.stage;
  s.version = r.version;
  s.branch = r.branch;
  s.present = r.learner;
  s.data_cursor = r.version.value * p.spec_of(r.stage).per_step_examples;
  p.status->now("loading stage " + std::to_string(r.stage.value));
  s.trainer = open_trainer(p, r, join_ranks(self, p));
}

/// Fetches the steps recorded behind the weights that are loaded, then replays.
void fetch_steps(learner_pointer self, const shared_parts& p, const buffer_actor& from, load_promise promise) {
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
void load_rank(learner_pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
               load_promise promise) {
  try {
    load(self, *p, r);
    const auto wanted = examples_of(*p, r.stage);
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
void load_all(learner_pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
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
      load_rank(self, p, from, r, promise);
    }
  });
}

/// Whether what is loaded may be just what is asked for: only the controller or the buffer was restarted.
bool may_hold(const learner_state& s, const learner_parts& p, const load_stage_request& r) {
  return s.trainer && p.ranks.empty() && !s.uncommitted && s.stage == r.stage && s.version >= r.version;
}

/// Asks the buffer what is recorded, and loads unless that is what is loaded.
void keep_or_load(learner_pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
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

void load_stage(learner_pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
                load_promise promise) {
  if (r.learner < self->state.present && r.learner != epoch{}) {
    promise.deliver(to_caf(error{errc::fenced, "a later epoch than " + std::to_string(r.learner.value) +
                                                   " has begun; another controller has taken over"}));
    return;
  }
  ++self->state.loads;
  may_hold(self->state, *p, r) ? keep_or_load(self, p, from, r, promise) : load_all(self, p, from, r, promise);
}

} // namespace troupe::actors
