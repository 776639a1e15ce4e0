// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/rate_limiter.hpp"

namespace troupe::rollout {

std::string rate_limiter::refusal(std::uint64_t ready, std::uint64_t inserted, std::uint64_t uses,
                                  std::uint64_t n) const {
  if (ready < opts_.min_size_to_sample) {
    return "held back: " + std::to_string(ready) + " of min_size_to_sample " +
           std::to_string(opts_.min_size_to_sample) + " groups ready";
  }
  const double allowed = opts_.samples_per_insert * static_cast<double>(inserted);
  if (opts_.samples_per_insert > 0 && static_cast<double>(uses + n) > allowed) {
    return "held back by samples_per_insert: " + std::to_string(inserted) + " groups came in and were used " +
           std::to_string(uses) + " times";
  }
  return "";
}

} // namespace troupe::rollout
