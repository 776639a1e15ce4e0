// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/grpo_loss.hpp"

#include "gpu/training/policy_losses.hpp"
#include "runtime/check.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <array>

namespace troupe::gpu {
namespace {

/// k3 of KL(policy || other), from d = other - policy.
at::Tensor k3(const at::Tensor& d) {
  return at::expm1(d) - d;
}

/// One copy from the device for all sums.
grpo_sums measure(const grpo_inputs& in, const policy_loss& policy, const grpo_options& options) {
  at::NoGradGuard no_grad;
  grpo_sums s;
  s.tokens = static_cast<double>(in.logprobs.numel());
  if (in.logprobs.numel() == 0) {
    return s;
  }
  const auto lp = in.logprobs.detach();
  const auto mismatch = in.old_logprobs - in.sampler;
  const auto importance = at::exp(mismatch);
  const auto gap = at::abs(mismatch) * in.single_version;
  const auto zero = at::zeros_like(lp);
  const auto rows = at::stack({
      in.entropy.defined() ? in.entropy.detach() : zero,
      in.reference.defined() ? k3(in.reference - lp) : zero,
      policy.low.to(at::kFloat),
      policy.high.to(at::kFloat),
      in.old_logprobs - lp,
      importance,
      (importance > options.rollout_is_threshold).to(at::kFloat),
      -mismatch,
      k3(mismatch),
      gap,
      in.single_version,
  });
  const auto sums = rows.sum(1, /*keepdim=*/false, at::kDouble).cpu();
  const auto* v = sums.const_data_ptr<double>();
  s.entropy = v[0];
  s.kl = v[1];
  s.clipped_low = v[2];
  s.clipped_high = v[3];
  s.ppo_kl = v[4];
  s.importance_ratio = v[5];
  s.importance_capped = v[6];
  s.rollout_kl = v[7];
  s.rollout_k3 = v[8];
  s.gap = v[9];
  s.gap_tokens = v[10];
  s.gap_max = gap.max().item<double>();
  return s;
}

at::Tensor token_loss(at::Tensor loss, const grpo_inputs& in, const grpo_options& options) {
  if (options.rollout_is) {
    loss = loss * at::clamp_max(at::exp(in.old_logprobs - in.sampler), options.rollout_is_threshold).detach();
  }
  if (options.beta != 0) {
    TROUPE_CHECK(in.reference.defined(), "beta ", options.beta);
    loss = loss + options.beta * k3(in.reference - in.logprobs);
  }
  return loss;
}

} // namespace

at::Tensor grpo_token_loss(const grpo_inputs& in, const grpo_options& options) {
  return token_loss(formula_of(options.loss)(in, options).loss, in, options);
}

grpo_result grpo_loss(const grpo_inputs& in, const grpo_options& options) {
  const auto policy = formula_of(options.loss)(in, options);
  auto loss = at::dot(token_loss(policy.loss, in, options), in.weights);
  auto sums = measure(in, policy, options);
  sums.loss = loss.item<double>();
  return {std::move(loss), sums};
}

void grpo_sums::add(const grpo_sums& other) {
  loss += other.loss;
  tokens += other.tokens;
  entropy += other.entropy;
  kl += other.kl;
  clipped_low += other.clipped_low;
  clipped_high += other.clipped_high;
  ppo_kl += other.ppo_kl;
  importance_ratio += other.importance_ratio;
  importance_capped += other.importance_capped;
  rollout_kl += other.rollout_kl;
  rollout_k3 += other.rollout_k3;
  gap += other.gap;
  gap_tokens += other.gap_tokens;
  gap_max = std::max(gap_max, other.gap_max);
}

figures grpo_sums::to_figures(bool with_kl, bool with_rollout_is) const {
  figures f{{"tokens", tokens}};
  if (tokens == 0) {
    return f;
  }
  f["entropy"] = entropy / tokens;
  f["ppo_kl"] = ppo_kl / tokens;
  f["clip_ratio"] = (clipped_low + clipped_high) / tokens;
  f["clip_ratio/low_mean"] = clipped_low / tokens;
  f["clip_ratio/high_mean"] = clipped_high / tokens;
  f["clip_ratio/region_mean"] = f["clip_ratio"];
  f["importance_ratio_mean"] = importance_ratio / tokens;
  f["rollout_corr/kl"] = rollout_kl / tokens;
  f["rollout_corr/k3_kl"] = rollout_k3 / tokens;
  if (with_kl) {
    f["kl"] = kl / tokens;
  }
  if (with_rollout_is) {
    f["rollout_is/capped_mean"] = importance_capped / tokens;
  }
  if (gap_tokens > 0) {
    f["sampling/sampling_logp_difference/mean"] = gap / gap_tokens;
    f["sampling/sampling_logp_difference/max"] = gap_max;
  }
  return f;
}

} // namespace troupe::gpu
