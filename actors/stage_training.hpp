// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "actors/interfaces.hpp"
#include "actors/training_data.hpp"
#include "actors/worker_status.hpp"

#include <functional>
#include <memory>

/// What every rank of a learner does alike: how a stage of the recipe becomes calls of a trainer.
namespace troupe::actors {

gpu::optimizer_options optimizer_of(const config::stage_spec& s, policy_version produced);
gpu::grpo_options loss_of(const config::stage_spec& s);

/// Where one step's training comes from.
struct step_source {
  const batch* groups = nullptr;     ///< grpo
  training_data* examples = nullptr; ///< sft
  std::uint64_t data_cursor = 0;     ///< of the first example
};

/// The update that makes version `produced`, or, of several ranks, this rank's share of it.
gpu::figures train_once(gpu::trainer& with, const step_source& from, const config::recipe& recipe, stage_index stage,
                        policy_version produced, const text::tokenizer& tokenizer);

/// The examples of an sft stage, whose datasets are fetched from the buffer one after the other; null in other stages.
struct examples_wanted {
  const config::recipe* recipe = nullptr;
  const source_map* sources = nullptr;
  std::shared_ptr<const text::tokenizer> tokenizer;
  stage_index stage;
  std::function<void(std::unique_ptr<training_data>)> done;
  std::function<void(const caf::error&)> failed; ///< called for what `done` throws, too
};

/// `self` is an event-based actor; all but it must outlive the request.
template <class Self>
void fetch_examples(Self self, const buffer_actor& from, std::shared_ptr<const examples_wanted> what,
                    std::size_t part = 0,
                    std::shared_ptr<training_data::records> got = std::make_shared<training_data::records>()) {
  try {
    const auto& spec = what->recipe->stages.at(what->stage.value);
    if (spec.type != config::stage_type::sft) {
      what->done(nullptr);
      return;
    }
    while (part < spec.data.size() && spec.data[part].dataset.empty()) {
      ++part;
    }
    if (part == spec.data.size()) {
      what->done(std::make_unique<training_data>(*what->recipe, what->stage, *what->sources, std::move(*got),
                                                 what->tokenizer));
      return;
    }
    const std::string name = spec.data[part].dataset;
    self->request(from, deadline::buffer, read_dataset_request{name})
        .then(
            [=](const read_dataset_reply& reply) {
              (*got)[name] = reply.records;
              fetch_examples(self, from, what, part + 1, got);
            },
            [=](caf::error& e) { what->failed(e); });
  } catch (const std::exception& e) {
    what->failed(to_caf(e));
  }
}

/// Shows a committed step as live figures, where somebody asks for them.
void show_step(const worker_status& status, const step_record& step, std::chrono::nanoseconds took);

} // namespace troupe::actors
