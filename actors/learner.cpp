// SPDX-License-Identifier: Apache-2.0
#include "actors/learner.hpp"

#include "actors/checkpoint.hpp"
#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "runtime/check.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/kill_point.hpp"

#include <filesystem>
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

gpu::optimizer_options optimizer_of(const config::stage_spec& s, policy_version produced) {
  return {.learning_rate = config::learning_rate_at(s, static_cast<std::uint32_t>(produced.value)),
          .adam_beta1 = s.adam_beta1,
          .adam_beta2 = s.adam_beta2,
          .weight_decay = s.weight_decay,
          .max_grad_norm = s.max_grad_norm};
}

gpu::grpo_options loss_of(const config::stage_spec& s) {
  return {.loss = s.loss_type == "grpo"      ? gpu::loss_type::grpo
                  : s.loss_type == "dr_grpo" ? gpu::loss_type::dr_grpo
                                             : gpu::loss_type::dapo,
          .epsilon = s.epsilon,
          .epsilon_high = s.epsilon_high,
          .beta = s.beta,
          .temperature = s.temperature,
          .rollout_is = s.rollout_is == "token",
          .rollout_is_threshold = s.rollout_is_threshold,
          .num_iterations = s.num_iterations,
          .mini_batches = s.mini_batches,
          .max_completion_length = s.max_completion_length};
}

void require_stage(const learner_state& s) {
  if (!s.trainer) {
    throw error{errc::unavailable, "the learner has no stage loaded: it was restarted"};
  }
}

/// One update on `what` (null for sft). Moves the state's version and cursor on.
gpu::figures train(learner_state& s, const learner_parts& p, const batch* what) {
  const auto& spec = spec_of(p, s.stage);
  const auto produced = s.version.next();
  const auto how = optimizer_of(spec, produced);
  activity::scope busy{*p.meter, activity::kind::training};
  p.status->now("training step " + std::to_string(produced.value));
  const auto began = std::chrono::steady_clock::now();
  gpu::figures f;
  if (what != nullptr) {
    const auto sequences = to_sequences(*what, spec, *p.tokenizer);
    f = s.trainer->train_grpo(sequences, loss_of(spec), how);
    f.merge(s.gap.measure(*what, spec.temperature, *p.tokenizer, *p.backend));
    f.merge(describe(*what, spec, s.version));
    s.data_cursor = what->data_cursor;
  } else {
    std::vector<gpu::training_sequence> sequences;
    for (std::uint32_t i = 0; i < spec.per_step_examples; ++i) {
      sequences.push_back(s.examples->example(s.data_cursor + i));
    }
    s.data_cursor += spec.per_step_examples;
    f = s.trainer->train_sft(sequences, how);
  }
  f["learning_rate"] = how.learning_rate;
  f["timing_s/train"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  s.version = produced;
  return f;
}

std::shared_ptr<const gpu::weights> publish(learner_state& s, const learner_parts& p) {
  auto w = s.trainer->publish(s.version);
  s.gap.published(w, spec_of(p, s.stage).max_staleness);
  p.board->publish(s.stage, w);
  p.status->work_with(s.version);
  p.status->now("waiting for the controller", "controller");
  return w;
}

std::shared_ptr<const gpu::weights> open_weights(const learner_parts& p, const std::string& folder,
                                                 policy_version version) {
  return folder.empty() ? p.backend->new_weights(p.new_model, p.recipe->seed)
                        : p.backend->load_weights((std::filesystem::path{p.run_folder} / folder).string(), version);
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

void commit(pointer self, const shared_parts& p, const buffer_actor& from, lease_id lease, payload<batch> what,
            const gpu::figures& figures, step_promise promise) {
  kill_point("after_train_before_commit");
  p->status->now("committing step " + std::to_string(self->state.version.value), "buffer");
  const auto record = record_of(self->state, what.get(), figures);
  self->request(from, deadline::buffer, commit_request{p->who, self->state.present, lease, record})
      .then(
          [=](const submit_reply& reply) mutable {
            const bool stored = reply.result == rollout::submit_result::created ||
                                reply.result == rollout::submit_result::exists; // by this very request, repeated
            if (!stored) {
              promise.deliver(to_caf(error{errc::fenced, "the buffer answered the learner's commit with `" +
                                                             rollout::to_string(reply.result) +
                                                             "`: another learner has taken over"}));
              return;
            }
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
  if (spec_of(*p, s.stage).type == config::stage_type::sft) {
    try {
      commit(self, p, from, lease_id{}, nullptr, train(s, *p, nullptr), promise);
    } catch (const std::exception& e) {
      promise.deliver(to_caf(e));
    }
    return;
  }
  self->request(from, deadline::buffer, lease_batch_request{p->who, s.present})
      .then(
          [=](const lease_batch_reply& reply) mutable {
            if (!reply.what) {
              p->status->now("waiting for a batch", "buffer");
              if (self->clock().now() - self->state.waiting_since > patience) {
                promise.deliver(step_reply{.stepped = false, .waiting_for = reply.waiting_for});
              } else {
                self->delayed_send(self, deadline::idle_poll, try_step{patience, promise});
              }
              return;
            }
            try {
              commit(self, p, from, reply.lease, reply.what, train(self->state, *p, reply.what.get()), promise);
            } catch (const std::exception& e) {
              promise.deliver(to_caf(e));
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
    publish(s, *p);
    promise.deliver(load_stage_reply{.version = s.version, .trained_again = steps->size()});
    return;
  }
  const auto& r = (*steps)[i];
  if (r.groups.empty()) {
    s.data_cursor = r.data_cursor - spec_of(*p, s.stage).per_step_examples;
    train(s, *p, nullptr);
    replay(self, p, from, steps, i + 1, promise);
    return;
  }
  self->request(from, deadline::buffer, read_batch_request{r.groups})
      .then(
          [=](const lease_batch_reply& reply) mutable {
            try {
              train(self->state, *p, reply.what.get());
              replay(self, p, from, steps, i + 1, promise);
            } catch (const std::exception& e) {
              promise.deliver(to_caf(e));
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

void load(learner_state& s, const learner_parts& p, const load_stage_request& r) {
  s.stage = r.stage;
  s.version = r.version;
  s.branch = r.branch;
  s.present = r.learner;
  s.data_cursor = r.version.value * spec_of(p, r.stage).per_step_examples;
  const auto optimizer = r.with_optimizer ? (std::filesystem::path{p.run_folder} / r.folder).string() : std::string{};
  p.status->now("loading stage " + std::to_string(r.stage.value));
  s.trainer = p.backend->make_trainer(open_weights(p, r.folder, r.version), optimizer);
  if (spec_of(p, r.stage).beta > 0 && !r.with_optimizer) { // a checkpoint carries its reference
    s.trainer->set_reference_to_policy();
  }
}

/// Fetches the steps recorded behind the weights that are loaded, then replays.
void fetch_steps(pointer self, const shared_parts& p, const buffer_actor& from, load_promise promise) {
  self->request(from, deadline::buffer, read_steps_request{self->state.stage, self->state.version})
      .then(
          [=](const read_steps_reply& reply) mutable {
            if (!reply.steps->empty()) {
              self->state.branch = reply.steps->back().branch + (p->recipe->deterministic ? 0 : 1);
            }
            try {
              replay(self, p, from, reply.steps, 0, promise);
            } catch (const std::exception& e) {
              promise.deliver(to_caf(e));
            }
          },
          [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

/// Fetches the datasets of the stage one after the other, then the steps.
void fetch_datasets(pointer self, const shared_parts& p, const buffer_actor& from, std::size_t part,
                    std::shared_ptr<training_data::records> got, load_promise promise) {
  auto& s = self->state;
  const auto& spec = spec_of(*p, s.stage);
  if (spec.type == config::stage_type::sft) {
    while (part < spec.data.size() && spec.data[part].dataset.empty()) {
      ++part;
    }
    if (part < spec.data.size()) {
      const std::string name = spec.data[part].dataset;
      self->request(from, deadline::buffer, read_dataset_request{name})
          .then(
              [=](const read_dataset_reply& reply) mutable {
                (*got)[name] = reply.records;
                try {
                  fetch_datasets(self, p, from, part + 1, got, promise);
                } catch (const std::exception& e) {
                  promise.deliver(to_caf(e));
                }
              },
              [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
      return;
    }
    s.examples = std::make_unique<training_data>(*p->recipe, s.stage, p->sources, *got, p->tokenizer);
  }
  fetch_steps(self, p, from, promise);
}

} // namespace

own_learner_actor::behavior_type learner(pointer self, shared_parts parts, buffer_actor from) {
  return {
      [=](const load_stage_request& r) -> caf::result<load_stage_reply> {
        auto promise = self->make_response_promise<load_stage_reply>();
        try {
          load(self->state, *parts, r);
          fetch_datasets(self, parts, from, 0, std::make_shared<training_data::records>(), promise);
        } catch (const std::exception& e) {
          promise.deliver(to_caf(e));
        }
        return promise;
      },
      [=](const publish_request& r) {
        return answer<publish_reply>([&] {
          parts->board->publish(r.stage, open_weights(*parts, r.folder, policy_version{}));
          return publish_reply{};
        });
      },
      [=](const pin_request& r) {
        return answer<pin_reply>([&] {
          r.keep ? parts->board->pin(r.stage, r.version) : parts->board->unpin(r.stage, r.version);
          return pin_reply{};
        });
      },
      [=](const step_request& r) -> caf::result<step_reply> {
        auto promise = self->make_response_promise<step_reply>();
        self->state.waiting_since = self->clock().now();
        try {
          require_stage(self->state);
          step(self, parts, from, r.patience, promise);
        } catch (const std::exception& e) {
          promise.deliver(to_caf(e));
        }
        return promise;
      },
      [=](const try_step& again) { step(self, parts, from, again.patience, again.promise); },
      [=](const checkpoint_request&) -> caf::result<checkpoint_reply> {
        auto promise = self->make_response_promise<checkpoint_reply>();
        auto& s = self->state;
        try {
          require_stage(s);
          auto written = std::make_shared<checkpoint_record>(
              write_checkpoint(parts->run_folder, spec_of(*parts, s.stage).name, s.stage, s.version, s.branch,
                               *s.trainer, parts->tokenizer_folder));
          self->request(from, deadline::buffer, record_request{written, {}, nullptr})
              .then([=](const submit_reply&) mutable { promise.deliver(checkpoint_reply{written}); },
                    [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
        } catch (const std::exception& e) {
          promise.deliver(to_caf(e));
        }
        return promise;
      },
  };
}

} // namespace troupe::actors
