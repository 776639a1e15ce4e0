// SPDX-License-Identifier: Apache-2.0
#include "schema/rollout.hpp"

#include <array>

namespace troupe {

namespace {

template <class Enum, std::size_t N>
std::string name_of(Enum value, const std::array<const char*, N>& names) {
  return names.at(static_cast<std::size_t>(value));
}

} // namespace

std::string prompt_text(const prompt& p) {
  if (p.messages.empty()) {
    return p.text;
  }
  std::string all;
  for (const auto& m : p.messages) {
    all += (all.empty() ? "" : "\n") + m.content;
  }
  return all;
}

std::string to_string(split s) {
  return name_of<split, 3>(s, {"train", "validation", "heldout"});
}

std::string to_string(finish_reason r) {
  return name_of<finish_reason, 3>(r, {"stop", "length", "cancelled"});
}

std::string to_string(verdict_kind v) {
  return name_of<verdict_kind, 4>(v, {"none", "correct", "incorrect", "undecided"});
}

std::string to_string(group_state s) {
  return name_of<group_state, 10>(s, {"queued", "generating", "generated", "verifying", "ready", "leased", "trained",
                                      "collected", "scored", "dropped"});
}

std::string to_string(drop_reason r) {
  return name_of<drop_reason, 9>(
      r, {"none", "stale", "zero_variance", "undecided", "truncated", "failed", "corrupt", "operator", "evicted"});
}

} // namespace troupe
