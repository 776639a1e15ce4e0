// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"

#include <algorithm>

namespace troupe::actors::deadline {

std::chrono::seconds stall_of(const config::stage_spec& stage) {
  std::chrono::duration<double> one_completion{0};
  for (const auto& part : stage.rewards) {
    if (!part.command.empty() || !part.url.empty()) {
      one_completion += std::chrono::duration<double>{part.timeout_s};
    }
  }
  const auto completions = std::max(stage.num_generations, stage.num_samples);
  return stall + std::chrono::ceil<std::chrono::seconds>(one_completion * completions);
}

} // namespace troupe::actors::deadline
