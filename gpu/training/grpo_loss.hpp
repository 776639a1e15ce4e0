// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <ATen/core/Tensor.h>

/// The clipped policy loss over packed log-probabilities. C counted completion tokens of one micro-batch.
/// Pure tensor functions; autograd gives the gradient. Thread-safe: no state.
namespace troupe::gpu {

/// Log-probabilities are natural, all taken at the sampling temperature.
struct grpo_inputs {
  at::Tensor logprobs;       ///< [C] of the policy being trained; the gradient flows here
  at::Tensor old_logprobs;   ///< [C] of the policy when this batch's training began (proximal); no gradient
  at::Tensor sampler;        ///< [C] as the sampler reported them; no gradient
  at::Tensor reference;      ///< [C] of the reference; undefined when beta is 0
  at::Tensor advantages;     ///< [C]
  at::Tensor weights;        ///< [C] each token's share (packing.hpp, token_weights); 0 leaves a token out of the loss
  at::Tensor single_version; ///< [C] 1 where the log-probability gap is measured
  at::Tensor entropy;        ///< [C] of the policy's distribution, a figure only; undefined: not measured
};

/// The loss of each token, before weighting:
///   P w + beta k3,   where P is the formula of options.loss (policy_losses.hpp)
/// w is 1, or with rollout_is min(exp(old - sampler), rollout_is_threshold): the ratio's base stays the proximal policy
/// and the sampler's mismatch is a detached factor (truncated importance sampling, "Your efficient RL framework
/// secretly brings you off-policy RL training", Yao et al. 2025). The sampler's log-probabilities never serve as `old`.
/// k3 = exp(ref - lp) - (ref - lp) - 1, not multiplied by w.
/// Source: DeepSeekMath arXiv 2402.03300 eq. 4.
at::Tensor grpo_token_loss(const grpo_inputs& in, const grpo_options& options);

/// Sums of figures over counted tokens; micro-batches add up.
struct grpo_sums {
  double loss = 0; ///< already weighted: adds up to the update's loss
  double tokens = 0;
  double entropy = 0;
  double kl = 0;
  double clipped_low = 0;       ///< tokens held below, as the formula has it (policy_losses.hpp)
  double clipped_high = 0;      ///< tokens held above
  double ppo_kl = 0;            ///< old - lp
  double importance_ratio = 0;  ///< exp(old - sampler), before the cap
  double importance_capped = 0; ///< tokens above rollout_is_threshold
  double rollout_kl = 0;        ///< sampler - old
  double rollout_k3 = 0;        ///< exp(old - sampler) - (old - sampler) - 1
  double gap = 0;               ///< |sampler - old| over single_version tokens
  double gap_tokens = 0;
  double gap_max = 0;

  void add(const grpo_sums& other);
  /// Token means under the names of metrics.jsonl; `with_kl` and `with_rollout_is` say whether those were in force.
  /// Without a token there is nothing to average and only `tokens` is there.
  figures to_figures(bool with_kl, bool with_rollout_is) const;
};

struct grpo_result {
  at::Tensor loss; ///< scalar: sum of weights * token loss; call backward() on it
  grpo_sums sums;
};

grpo_result grpo_loss(const grpo_inputs& in, const grpo_options& options);

} // namespace troupe::gpu
