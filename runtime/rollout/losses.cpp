// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/losses.hpp"

#include "runtime/error.hpp"

namespace troupe::rollout {

const std::vector<loss_kind>& losses() {
  static const std::vector<loss_kind> all{
#define TROUPE_LOSS(name, share, policy, about) {#name, about, share_##share},
#include "runtime/rollout/losses.def"
#undef TROUPE_LOSS
  };
  return all;
}

const loss_kind& loss_named(std::string_view name) {
  std::string names;
  for (const auto& one : losses()) {
    if (one.name == name) {
      return one;
    }
    names += (names.empty() ? "" : ", ") + std::string(one.name);
  }
  throw error(errc::invalid, "no loss is called " + std::string(name) + "; there are " + names);
}

} // namespace troupe::rollout
