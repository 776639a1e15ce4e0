// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/losses.hpp"

#include "runtime/error.hpp"

namespace troupe::rollout {

const std::vector<loss_kind>& losses() {
  static const std::vector<loss_kind> all{
      {"dapo", "mean over the tokens of the batch", share_dapo},
      {"dr_grpo", "sum over tokens, by sequences * max_completion_length", share_dr_grpo},
      {"grpo", "mean over sequences of each one's mean over tokens", share_grpo},
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
