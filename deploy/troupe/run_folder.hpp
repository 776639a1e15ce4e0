// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::program {

/// A run has begun once its store holds a group or a step; before that nothing in its folder is worth keeping. Throws
/// what the store does: another process may hold it.
bool run_begun(const std::string& folder);

/// The command that carries a run: all roles in one process, or each in its own.
enum class run_verb : std::uint8_t { run, up };

/// What a command was told of the run it is to start or to go on with.
struct run_request {
  std::string recipe = "r1-tiny"; ///< name or file
  std::vector<std::string> set;   ///< changes of single keys
  std::string out;                ///< the run's folder; empty: runs/RECIPE
  bool resume = false;
};

/// The same, looked up.
struct wanted_run {
  std::string folder;
  config::recipe recipe;
  std::vector<std::string> settings; ///< the `--set` words that are in the recipe already
  bool resume = false;
};

/// Reads the recipe; on resuming under the settings of the run's start, unless other ones are given. Writes nothing.
/// Throws what the recipe has wrong, and error(not_found) for a folder that holds nothing to resume.
wanted_run look_up(const run_request& said);

/// The recipe that the run follows: the one wanted, or on resuming the one it was started with. Writes nothing. Throws
/// error(invalid) for a folder that already holds a run, or a recipe that differs from the run's.
config::recipe recipe_of_run(const wanted_run& wanted, run_verb verb);

/// Makes the folder, checks that it can be written and has space, and keeps the resolved recipe in it. Called when
/// nothing is left that could refuse the run. Returns whether the run has begun; what a start that came to nothing left
/// is removed.
bool claim_run_folder(const std::string& folder, const config::recipe& of, const std::vector<std::string>& settings);

/// How to go on with a run, for a shell.
std::string resume_command(const std::string& folder, run_verb verb);

} // namespace troupe::program
