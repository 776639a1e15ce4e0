// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/losses.hpp"

namespace troupe::rollout {

/// Dr. GRPO, arXiv 2503.20783, eq. 2: a constant, so that no answer's length changes what its tokens count for.
double share_dr_grpo(const loss_place& at) {
  return 1.0 / (at.sequences * at.max_completion_length);
}

} // namespace troupe::rollout
