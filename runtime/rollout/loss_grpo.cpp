// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/losses.hpp"

namespace troupe::rollout {

/// DeepSeekMath, arXiv 2402.03300, eq. 3: every answer counts the same, however long it is.
double share_grpo(const loss_place& at) {
  return 1.0 / (at.sequences * at.sequence_tokens);
}

} // namespace troupe::rollout
