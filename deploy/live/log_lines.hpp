// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe::live {

/// How many lines of what a member wrote are asked for at once.
inline constexpr std::uint64_t log_lines_default = 100;
inline constexpr std::uint64_t log_lines_max = 10'000;

} // namespace troupe::live
