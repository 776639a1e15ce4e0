// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"
#include "runtime/store/journal.hpp"

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace troupe::ctl {

/// A store that no live process holds, opened for reading, and what lies beside it.
struct opened_store {
  std::string run_folder; ///< empty when the store does not lie in a run directory
  std::unique_ptr<store::journal> journal;
  std::optional<config::recipe> recipe; ///< RUN/recipe.yaml, where it is there and can be read

  /// The stage's name as its record has it, else its number.
  std::string stage_name(stage_index stage) const;
};

/// The store that `folder` is or, as a run directory, holds. Throws error(not_found) when it is neither.
std::string find_store(const std::string& folder);

/// `folder` is a store or a run directory that holds one as `store/`. Throws error(not_found) when it is neither,
/// error(unavailable) with process and endpoint when a live process holds it. A recipe that cannot be read is a
/// warning.
opened_store open_store(const std::string& folder, std::ostream& err);

/// The process that holds the store's lock, other than this one; 0 when it cannot be named (another host or container).
std::optional<pid_t> lock_holder(const std::string& store_folder);

} // namespace troupe::ctl
