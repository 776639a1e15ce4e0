// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <string>

namespace troupe::program {

/// A run has begun once its store is there; before that nothing in its folder is worth keeping.
bool run_begun(const std::string& folder);

/// The recipe that a run in `folder` follows: `wanted`, or on resuming the one it was started with. Writes nothing.
/// Throws error(invalid) for a folder that already holds a run, or a recipe that differs from the run's; not_found for
/// one that holds nothing to resume.
config::recipe recipe_of_run(const std::string& folder, const config::recipe& wanted, bool resume);

/// Makes the folder, checks that it can be written and has space, and keeps the resolved recipe in it. Called when
/// nothing is left that could refuse the run.
void claim_run_folder(const std::string& folder, const config::recipe& of);

} // namespace troupe::program
