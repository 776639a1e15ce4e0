// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/verifier.hpp"
#include "runtime/config/recipe.hpp"

namespace troupe::program {

/// Judges a group by the rewards of its stage. The judges of a stage are made at its first group. For one verifier: not
/// thread-safe. Keeps a reference to `recipe`.
actors::judge_group make_group_judge(const config::recipe& recipe);

/// Throws error(invalid) for a verifier of the user's whose program is not there.
void require_programs(const config::recipe& recipe);

} // namespace troupe::program
