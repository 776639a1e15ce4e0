// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/recipe.hpp"
#include "runtime/error.hpp"
#include "tests/fuzz/input_folder.hpp"

/// A recipe file is refused with an error, or its resolved copy loads again and resolves to itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const troupe::fuzz::input_folder folder;
  std::string resolved;
  try {
    resolved = troupe::config::to_yaml(
        troupe::config::load_recipe(folder.write("recipe.yaml", troupe::fuzz::as_text(data, size))));
  } catch (const troupe::error&) {
    return 0;
  }
  const auto again = troupe::config::to_yaml(troupe::config::load_recipe(folder.write("resolved.yaml", resolved)));
  troupe::fuzz::require(again == resolved, "a resolved recipe resolves to itself");
  return 0;
}
