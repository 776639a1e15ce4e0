// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <string>
#include <vector>

namespace troupe::program {

struct session_options {
  std::string folder;
  bool resume = false;
  std::vector<std::string> settings; ///< the `--set` words that are in the recipe already
};

/// One run, all roles in this process, wired by hand from top to bottom. Ctrl-C ends it cleanly after the present step.
/// Returns the exit status: 0 finished, 130 stopped. Throws troupe::error.
int run_session(const config::recipe& wanted, const session_options& options);

} // namespace troupe::program
