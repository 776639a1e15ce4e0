// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe::rollout {

/// How a group's rewards are scaled after its mean was subtracted (TRL's `scale_rewards`).
enum class scale_rewards : std::uint8_t {
  group, ///< by the group's standard deviation: GRPO (DeepSeekMath, arXiv 2402.03300, eq. 3)
  batch, ///< by the whole batch's: Lite-PPO (arXiv 2508.08221)
  none,  ///< not at all: Dr. GRPO (arXiv 2503.20783)
};

/// Advantages of one batch. `rewards` holds the groups one after the other; `group_sizes` says how many each has;
/// a `counted` entry of 0 marks a member left out (undecided, dropped): it gets advantage 0 and touches no mean.
/// The standard deviation is Bessel's, with 1e-4 added (as in TRL); a group with one counted member gets 0.
std::vector<double> advantages(std::span<const double> rewards, std::span<const std::uint8_t> counted,
                               std::span<const std::uint32_t> group_sizes, scale_rewards scale);

/// Does a member enter its group's mean and the loss? Not when it was dropped, nor, where truncated completions are
/// masked, when its length ended it.
bool counts(const member& m, bool mask_truncated_completions) noexcept;

/// True when every counted member has the same reward, so that the group teaches nothing.
bool zero_variance(std::span<const double> rewards, std::span<const std::uint8_t> counted);

} // namespace troupe::rollout
