// SPDX-License-Identifier: Apache-2.0
#include "actors/stage_training.hpp"

#include "runtime/config/stage_graph.hpp"
#include "runtime/metrics/readings.hpp"
#include "runtime/rollout/batch_shares.hpp"

#include <nlohmann/json.hpp>

namespace troupe::actors {

gpu::optimizer_options optimizer_of(const config::stage_spec& s, policy_version produced) {
  return {.learning_rate = config::learning_rate_at(s, static_cast<std::uint32_t>(produced.value)),
          .adam_beta1 = s.adam_beta1,
          .adam_beta2 = s.adam_beta2,
          .weight_decay = s.weight_decay,
          .max_grad_norm = s.max_grad_norm};
}

gpu::grpo_options loss_of(const config::stage_spec& s) {
  return {.loss = s.loss_type,
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

gpu::figures train_once(gpu::trainer& with, const step_source& from, const config::recipe& recipe, stage_index stage,
                        policy_version produced, const text::tokenizer& tokenizer) {
  const auto& spec = recipe.stages.at(stage.value);
  const auto how = optimizer_of(spec, produced);
  if (from.groups != nullptr) {
    return with.train_grpo(to_sequences(*from.groups, spec, tokenizer, recipe.learners), loss_of(spec), how);
  }
  std::vector<gpu::training_sequence> sequences;
  std::vector<std::uint64_t> tokens;
  for (std::uint32_t i = 0; i < spec.per_step_examples; ++i) {
    sequences.push_back(from.examples->example(from.data_cursor + i));
    tokens.push_back(sequences.back().prompt.size() + sequences.back().completion.size());
  }
  const auto rank_of = rollout::share_groups(tokens, recipe.learners);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    sequences[i].rank = rank_of[i];
  }
  return with.train_sft(sequences, how);
}

void show_step(const worker_status& status, const step_record& step, std::chrono::nanoseconds took) {
  if (auto* figures = status.figures()) {
    auto line = nlohmann::ordered_json::parse(step.metrics);
    line["policy_version"] = step.version.value;
    line["timing_s/step"] = std::chrono::duration<double>(took).count();
    metrics::show_step(*figures, line);
  }
}

} // namespace troupe::actors
