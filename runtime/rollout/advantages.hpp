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

/// Does a member enter its group's mean and the loss? Not when it was dropped, nor, where truncated completions are
/// masked, when its length ended it.
bool counts(const member& m, bool mask_truncated_completions) noexcept;

/// The rewards of one batch, its groups one after the other, and whose count.
struct batch_rewards {
  std::vector<double> rewards;
  std::vector<std::uint8_t> counted; ///< 0 marks a member left out, see counts()
  std::vector<std::uint32_t> sizes;  ///< members of each group

  void add(const group& g, bool mask_truncated_completions);
};

/// Mean, and Bessel's standard deviation (0 for fewer than two), of the counted values.
struct spread {
  double mean = 0;
  double deviation = 0;
  std::size_t counted = 0;
};

spread spread_of(std::span<const double> rewards, std::span<const std::uint8_t> counted);

/// Advantages of one batch. `rewards` holds the groups one after the other; `group_sizes` says how many each has;
/// a `counted` entry of 0 marks a member left out (undecided, dropped): it gets advantage 0 and touches no mean.
/// To the standard deviation 1e-4 is added (as in TRL); a group with one counted member gets 0.
std::vector<double> advantages(std::span<const double> rewards, std::span<const std::uint8_t> counted,
                               std::span<const std::uint32_t> group_sizes, scale_rewards scale);
std::vector<double> advantages(const batch_rewards& batch, scale_rewards scale);

/// True when every counted member has the same reward, so that the group teaches nothing.
bool zero_variance(std::span<const double> rewards, std::span<const std::uint8_t> counted);

} // namespace troupe::rollout
