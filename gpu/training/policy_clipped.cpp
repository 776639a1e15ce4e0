// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/policy_losses.hpp"

#include <ATen/ATen.h>

namespace troupe::gpu {

/// -min(r A, clip(r, 1 - epsilon, 1 + epsilon_high) A),  r = exp(logprobs - old).
/// Sources: DeepSeekMath, arXiv 2402.03300, eq. 3; two-sided epsilon: DAPO, arXiv 2503.14476, eq. 8.
policy_loss policy_clipped(const grpo_inputs& in, const grpo_options& options) {
  const auto ratio = at::exp(in.logprobs - in.old_logprobs);
  const auto clipped = at::clamp(ratio, 1.0 - options.epsilon, 1.0 + options.epsilon_high);
  return {.loss = -at::minimum(ratio * in.advantages, clipped * in.advantages),
          .low = (ratio < 1.0 - options.epsilon).logical_and(in.advantages < 0),
          .high = (ratio > 1.0 + options.epsilon_high).logical_and(in.advantages > 0)};
}

} // namespace troupe::gpu
