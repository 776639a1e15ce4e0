// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <string>

namespace troupe::program {

/// Makes or takes up a run directory before any time is spent: it must be writable, hold a run exactly when `resume` is
/// set, and have space. Returns the recipe to run: the given one, written to recipe.yaml, or on resuming the one that
/// is there (a given recipe that differs is refused). Throws troupe::error.
config::recipe prepare_run_folder(const std::string& folder, const config::recipe& wanted, bool resume);

} // namespace troupe::program
