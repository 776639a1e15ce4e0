// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/policy_losses.hpp"

#include "runtime/rollout/losses.hpp"

namespace troupe::gpu {

policy_formula formula_of(std::string_view loss) {
#define TROUPE_LOSS(name, share, policy, about)                                                                        \
  if (loss == #name) {                                                                                                 \
    return policy_##policy;                                                                                            \
  }
#include "runtime/rollout/losses.def"
#undef TROUPE_LOSS
  rollout::loss_named(loss); // throws
  return nullptr;
}

} // namespace troupe::gpu
