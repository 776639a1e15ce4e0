// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/storage.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::store {

/// What a store that is refused would have to give up to be opened again.
struct loss {
  std::string reason;                            ///< why it is refused; empty: it is sound
  std::uint64_t last_good = 0;                   ///< the last change that stays
  std::optional<std::uint64_t> acknowledged;     ///< the last change that somebody was told of, where that is known
  std::map<std::string, std::uint64_t> readable; ///< records behind the damage that would go with it, by family
  std::vector<std::string> earlier;              ///< losses accepted before, oldest first
};

/// Looks, changes nothing. Throws error(corrupt) when no part of the store opens (a table is missing, ...) or when it
/// is a file that repair cannot do without; else what `journal` throws.
loss find_loss(const std::string& folder, const storage& on = {});

/// Opens the store with what stands before the damage, records the loss in it for ever, and puts the acknowledged mark
/// back to what is there. A kill in between leaves a store that is refused as before. Nothing to do for a sound store.
/// Returns what was given up.
loss accept_loss(const std::string& folder, const storage& on = {});

} // namespace troupe::store
