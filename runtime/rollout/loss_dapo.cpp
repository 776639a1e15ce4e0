// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/losses.hpp"

namespace troupe::rollout {

/// DAPO, arXiv 2503.14476, eq. 8: long answers count for more, by as many tokens as they have.
double share_dapo(const loss_place& at) {
  return 1.0 / at.tokens;
}

} // namespace troupe::rollout
