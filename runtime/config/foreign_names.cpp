// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe_schema.hpp"

#include <algorithm>

namespace troupe::config {

const std::vector<foreign_name>& foreign_names() {
  static const std::vector<foreign_name> all = {
      {"lr", "learning_rate"},
      {"min_lr", "min_lr_ratio"},
      {"lr_scheduler", "lr_scheduler_type"},
      {"lr_warmup_steps", "warmup_steps"},
      {"warmup_ratio", "warmup_steps"},
      {"grad_clip", "max_grad_norm"},
      {"clip_grad", "max_grad_norm"},
      {"kl_coef", "beta"},
      {"kl_loss_coef", "beta"},
      {"init_kl_coef", "beta"},
      {"clip_ratio", "epsilon"},
      {"clip_ratio_low", "epsilon"},
      {"clip_ratio_high", "epsilon_high"},
      {"cliprange", "epsilon"},
      {"epsilon_low", "epsilon"},
      {"n", "num_generations"},
      {"rollout_n", "num_generations"},
      {"group_size", "num_generations"},
      {"num_return_sequences", "num_generations"},
      {"max_response_length", "max_completion_length"},
      {"max_new_tokens", "max_completion_length"},
      {"max_tokens", "max_completion_length"},
      {"response_length", "max_completion_length"},
      {"max_prompt_length",
       "(prompts are never cut; model.max_position_embeddings bounds prompt and completion together)"},
      {"max_model_len", "max_position_embeddings"},
      {"max_seq_length", "max_position_embeddings"},
      {"ppo_epochs", "num_iterations"},
      {"ppo_mini_batch_size", "mini_batches"},
      {"num_mini_batches", "mini_batches"},
      {"batch_size", "train_batch_size"},
      {"per_device_train_batch_size", "train_batch_size"},
      {"gradient_accumulation_steps", "mini_batches"},
      {"steps", "max_steps"},
      {"num_steps", "max_steps"},
      {"total_training_steps", "max_steps"},
      {"num_train_epochs", "max_steps"},
      {"total_epochs", "max_steps"},
      {"save_freq", "save_steps"},
      {"test_freq", "eval_steps"},
      {"eval_interval", "eval_steps"},
      {"max_ckpt_to_keep", "save_total_limit"},
      {"max_actor_ckpt_to_keep", "save_total_limit"},
      {"loss_agg_mode", "loss_type"},
      {"norm_adv_by_std_in_grpo", "scale_rewards"},
      {"vllm_importance_sampling_correction", "rollout_is"},
      {"vllm_importance_sampling_cap", "rollout_is_threshold"},
      {"tis_imp_ratio_cap", "rollout_is_threshold"},
      {"staleness_threshold", "max_staleness"},
      {"max_off_policy_steps", "max_staleness"},
      {"dynamic_sampling", "filter_groups"},
      {"overlong_filtering", "mask_truncated_completions"},
      {"reward_funcs", "rewards"},
      {"reward_function", "rewards"},
      {"reward_weights", "weight"},
      {"model_name_or_path", "path"},
      {"dataset_name", "path"},
      {"train_dataset", "data"},
      {"eval_dataset", "data"},
      {"train_files", "path"},
      {"betas", "adam_beta1"},
      {"min_p", "(GRPO needs untruncated sampling; use temperature, and top_p or top_k outside grpo)"},
      {"repetition_penalty", "(GRPO needs untruncated sampling; use temperature)"},
      {"entropy_coeff", "(there is no entropy bonus; use temperature and epsilon_high)"},
      {"num_layers", "num_hidden_layers"},
      {"n_layer", "num_hidden_layers"},
      {"n_head", "num_attention_heads"},
      {"n_embd", "hidden_size"},
      {"num_workers", "generators"},
  };
  return all;
}

std::string about_unknown(const std::string& name, std::span<const std::string> known) {
  const auto& foreign = foreign_names();
  const auto theirs =
      std::find_if(foreign.begin(), foreign.end(), [&](const foreign_name& one) { return one.theirs == name; });
  if (theirs != foreign.end()) {
    const bool key_here = std::find(known.begin(), known.end(), theirs->ours) != known.end();
    return theirs->ours.starts_with("(") ? "has no counterpart here; " + theirs->ours.substr(1, theirs->ours.size() - 2)
           : key_here                    ? "is spelled otherwise here; write " + theirs->ours
                      : "is spelled otherwise here: " + theirs->ours + ", and belongs elsewhere; see docs/recipe.md";
  }
  if ((name == "command" || name == "url") && std::find(known.begin(), known.end(), "verifier") != known.end()) {
    return "belongs into `verifier`; write verifier: {" + std::string{name} + ": ...}";
  }
  const auto near = nearest(name, known);
  return "no such key; " + (near.empty() ? "docs/recipe.md lists them all" : "did you mean " + near + "?");
}

} // namespace troupe::config
