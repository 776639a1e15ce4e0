// SPDX-License-Identifier: Apache-2.0
// The CPU's module.
#include "gpu/module/join_ranks.hpp"

namespace troupe::gpu {

std::shared_ptr<torch_collective> join_ranks(const seat& where, const at::Device& /*the CPU*/) {
  return join_gloo(where);
}

} // namespace troupe::gpu
