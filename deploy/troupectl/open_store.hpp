// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/live/copy.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/store/journal.hpp"

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace troupe::ctl {

/// A store opened by this process, and what lies beside it.
struct opened_store {
  std::string run_folder;         ///< empty when the store does not lie in a run directory
  std::string store_folder;       ///< of the run, also where a copy of it is read
  std::optional<live::copy> copy; ///< what is read where the run is live; outlives the journal
  std::unique_ptr<store::journal> journal;
  std::optional<config::recipe> recipe; ///< RUN/recipe.yaml, where it is there and can be read

  /// The stage's name as its record has it, else its number.
  std::string stage_name(stage_index stage) const;
};

/// The store that `folder` is or, as a run directory, holds. Throws error(not_found) when it is neither.
std::string find_store(const std::string& folder);

/// Where to look.
struct place {
  std::string folder; ///< a run directory, or, offline, also its store/ folder
  bool live = false;  ///< of a live run read a copy, which its own process makes
  std::string copy{}; ///< read this copy of its store, which the caller made
};

/// For reading. Throws error(not_found) when there is no store, error(unavailable) with process and endpoint when a
/// live process holds it and `where.live` is not set, or when that process does not answer within 5 s. A recipe that
/// cannot be read is a warning.
opened_store open_store(const place& where, std::ostream& err);

/// For a verb that writes: error(unavailable) while any other process holds the store.
opened_store open_for_writing(const place& where, std::ostream& err);

/// RUN/cluster.json, which `troupe up` keeps while the processes of the run are at work.
std::string cluster_file(const std::string& run);
/// The endpoint that it names; nothing when it is not there, "" when it names none.
std::optional<std::string> cluster_endpoint(const std::string& run);

/// The process that holds the store's lock, other than this one; 0 when it cannot be named (another host or container).
std::optional<pid_t> lock_holder(const std::string& store_folder);

} // namespace troupe::ctl
