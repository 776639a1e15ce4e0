// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::rollout {

/// Which of `ranks` ranks trains each of a batch's groups, in the order of `tokens`, which holds the tokens of each
/// group. Every group has exactly one rank, and no rank has more than the lightest and its largest group together: the
/// largest group goes first, always to the rank with the fewest tokens. Deterministic: every rank computes it for
/// itself. Pure. Source: longest processing time first, Graham 1969, theorem 2.
std::vector<std::uint32_t> share_groups(std::span<const std::uint64_t> tokens, std::uint32_t ranks);

/// The same for a batch that is trained in `parts` contiguous parts, one optimizer update each: each part is shared out
/// by itself, so that no rank waits in any of them.
std::vector<std::uint32_t> share_groups(std::span<const std::uint64_t> tokens, std::uint32_t ranks,
                                        std::uint32_t parts);

} // namespace troupe::rollout
