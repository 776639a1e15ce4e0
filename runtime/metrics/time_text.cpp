// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/time_text.hpp"

#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe::metrics {

std::string time_text(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

std::string time_text_now() {
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return time_text(std::chrono::duration_cast<milliseconds>(now).count());
}

} // namespace troupe::metrics
