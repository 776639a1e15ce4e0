// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/document.hpp"
#include "runtime/config/recipe.hpp"

#include <map>
#include <string>

namespace troupe::config {

/// A recipe with the places its keys were written at, for messages of later checks.
struct placed_recipe {
  recipe r;
  std::map<std::string, std::string> where; ///< "stages.reasoning_rl.beta" to "r1.yaml:14"

  /// The place of the longest written part of `path`; the file where none was written.
  std::string place(const std::string& path) const;
};

/// Reads every value by the table of keys; refuses unknown keys, wrong types and values out of range.
placed_recipe read_recipe(const node& document, const std::string& file);

/// Refuses what contradicts itself, each value being fine alone. Throws error(invalid) "where: key: what; what to do".
void check_recipe(const placed_recipe& placed);

} // namespace troupe::config
