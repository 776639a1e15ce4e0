// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/health.hpp"

namespace troupe::metrics {

void health::set(const std::string& name, const std::string& words) {
  const std::lock_guard hold{mutex_};
  reasons_[name] = words;
}

void health::clear(const std::string& name) {
  const std::lock_guard hold{mutex_};
  reasons_.erase(name);
}

bool health::ready() const {
  const std::lock_guard hold{mutex_};
  return reasons_.empty();
}

std::map<std::string, std::string> health::reasons() const {
  const std::lock_guard hold{mutex_};
  return reasons_;
}

} // namespace troupe::metrics
