// SPDX-License-Identifier: Apache-2.0
#include "actors/stage_mixture.hpp"

namespace troupe::actors {

task::mixture mixture_of(const config::stage_spec& stage) {
  std::vector<task::mixture::part> parts;
  for (const auto& part : stage.data) {
    parts.push_back({.weight = part.weight, .limit = part.dataset.empty() ? part.limit : 0});
  }
  return task::mixture{std::move(parts)};
}

} // namespace troupe::actors
