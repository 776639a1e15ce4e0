// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"
#include "runtime/verify/rewards.hpp"

#include <cstdint>
#include <vector>

namespace troupe::actors {

/// The reward parts of a stage as the verifiers take them.
std::vector<verify::reward_options> reward_parts(const config::stage_spec& stage, std::uint64_t seed);

} // namespace troupe::actors
