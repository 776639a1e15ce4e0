// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::program {

/// A run has begun once its store holds a group or a step; before that nothing in its folder is worth keeping. Throws
/// what the store does: another process may hold it.
bool run_begun(const std::string& folder);

/// The `--set` words a run was started with; nothing where its recipe does not say.
std::optional<std::vector<std::string>> settings_of_run(const std::string& folder);

/// The recipe that a run in `folder` follows: `wanted`, or on resuming the one it was started with. Writes nothing.
/// Throws error(invalid) for a folder that already holds a run, or a recipe that differs from the run's; not_found for
/// one that holds nothing to resume.
config::recipe recipe_of_run(const std::string& folder, const config::recipe& wanted, bool resume);

/// Makes the folder, checks that it can be written and has space, and keeps the resolved recipe in it. Called when
/// nothing is left that could refuse the run. Returns whether the run has begun; what a start that came to nothing left
/// is removed.
bool claim_run_folder(const std::string& folder, const config::recipe& of, const std::vector<std::string>& settings);

/// How to go on with a run, for a shell.
std::string resume_command(const std::string& folder);

} // namespace troupe::program
