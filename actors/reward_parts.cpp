// SPDX-License-Identifier: Apache-2.0
#include "actors/reward_parts.hpp"

namespace troupe::actors {

std::vector<verify::reward_options> reward_parts(const config::stage_spec& stage, std::uint64_t seed) {
  std::vector<verify::reward_options> parts;
  for (const auto& r : stage.rewards) {
    parts.push_back(
        {.name = r.name,
         .judge = {.verifier = r.verifier, .command = r.command, .url = r.url, .timeout_s = r.timeout_s, .seed = seed},
         .weight = r.weight,
         .decides = r.decides,
         .tasks = r.tasks});
  }
  return parts;
}

} // namespace troupe::actors
