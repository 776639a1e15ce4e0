// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/training/torch_collective.hpp"

namespace troupe::gpu {

/// Ranks whose tensors are on `device`; each module has its own.
std::shared_ptr<torch_collective> join_ranks(const seat& where, const at::Device& device);

} // namespace troupe::gpu
