// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The losses of reinforcement learning (`loss_type` of a recipe): what each token's clipped loss counts for in the
/// loss of one optimizer update. One file a loss, `loss_NAME.cpp`; all are pure.
namespace troupe::rollout {

/// One sequence within its update. Every figure is of the WHOLE update, never of a micro-batch or of one rank, so that
/// any division of the work gives the same gradient. Counted tokens are completion tokens with a loss mask of 1.
struct loss_place {
  double sequences = 0;             ///< of the update, those without a counted token too
  double tokens = 0;                ///< counted, of the update
  double sequence_tokens = 0;       ///< counted, of this sequence; at least 1
  double max_completion_length = 0; ///< of the stage, tokens
};

/// The share of each counted token of a sequence in the loss of its update.
using token_share = double (*)(const loss_place& at);

#define TROUPE_LOSS(name, share, policy, about) double share_##share(const loss_place& at);
#include "runtime/rollout/losses.def"
#undef TROUPE_LOSS

struct loss_kind {
  std::string_view name;
  std::string_view about;
  token_share share;
};

/// All, sorted by name.
const std::vector<loss_kind>& losses();
/// Throws error(invalid) with the names there are.
const loss_kind& loss_named(std::string_view name);

} // namespace troupe::rollout
