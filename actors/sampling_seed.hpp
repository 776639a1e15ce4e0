// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>

namespace troupe::actors {

/// Seed of a train or collect group: a function of the run's seed and of where the group stands, so that a resumed run
/// draws the same numbers.
std::uint64_t cursor_seed(std::uint64_t run_seed, stage_index stage, std::uint64_t cursor);

/// Seed of an evaluated problem: a function of the problem alone, so that equal weights give equal evaluations.
std::uint64_t problem_seed(std::uint64_t run_seed, const prompt& asked);

} // namespace troupe::actors
