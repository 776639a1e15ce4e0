// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"

#include <algorithm>

namespace troupe::actors::deadline {

std::chrono::seconds stall_of(const config::recipe& r, const config::stage_spec& stage) {
  std::chrono::duration<double> one_completion{0};
  for (const auto& part : stage.rewards) {
    if (!part.command.empty() || !part.url.empty()) {
      one_completion += std::chrono::duration<double>{part.timeout_s};
    }
  }
  return std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>{r.stall_s} +
                                                 one_completion * config::answers_of(stage));
}

std::chrono::seconds step_of(const config::recipe& r) {
  return std::max<std::chrono::seconds>(
      step, std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>{r.stall_s}));
}

std::chrono::milliseconds renewal_of(const config::recipe& r) {
  constexpr std::chrono::milliseconds most{10000};
  return std::min(most, std::chrono::milliseconds{static_cast<std::int64_t>(r.lease_s * 1000 / 3)});
}

} // namespace troupe::actors::deadline
