// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace troupe {

/// The number in the environment variable, or the default: how long a reliability test runs.
inline std::uint64_t size_from_environment(const char* variable, std::uint64_t by_default) {
  const char* wanted = std::getenv(variable);
  return wanted == nullptr ? by_default : std::stoull(wanted);
}

/// One row of docs/reliability.md, appended as a JSON line to the file that TROUPE_RELIABILITY_LOG names, if any.
inline void log_reliability(const std::string& test, std::uint64_t cycles, std::uint64_t lost, std::uint64_t duplicated,
                            std::uint64_t torn_or_undetected) {
  if (const char* file = std::getenv("TROUPE_RELIABILITY_LOG")) {
    std::ofstream{file, std::ios::app} << "{\"test\":\"" + test + "\",\"cycles\":" + std::to_string(cycles) +
                                              ",\"lost\":" + std::to_string(lost) +
                                              ",\"duplicated\":" + std::to_string(duplicated) +
                                              ",\"torn\":" + std::to_string(torn_or_undetected) + "}\n";
  }
}

} // namespace troupe
