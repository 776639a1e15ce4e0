// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/training/grpo_loss.hpp"

#include <string_view>

/// What a token's loss is before it is weighed, without KL and without rollout_is, which are grpo_loss.cpp's for all of
/// them. One file a formula, `policy_NAME.cpp`; runtime/rollout/losses.def says which loss has which.
namespace troupe::gpu {

struct policy_loss {
  at::Tensor loss; ///< [C]; the gradient flows through it
  at::Tensor low;  ///< [C] bool: held below
  at::Tensor high; ///< [C] bool: held above
};
using policy_formula = policy_loss (*)(const grpo_inputs& in, const grpo_options& options);

#define TROUPE_LOSS(name, share, policy, about)                                                                        \
  policy_loss policy_##policy(const grpo_inputs& in, const grpo_options& options);
#include "runtime/rollout/losses.def"
#undef TROUPE_LOSS

/// The formula of a loss. Throws error(invalid) with the names there are. Pure, from any thread.
policy_formula formula_of(std::string_view loss);

} // namespace troupe::gpu
