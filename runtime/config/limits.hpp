// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Limits of recipes, and of the orders and commands that change what a recipe said.
namespace troupe::config {

inline constexpr std::uint32_t members_max = 1024;   ///< of a role
inline constexpr std::uint32_t staleness_max = 1024; ///< policy versions a sample may lag behind
inline constexpr std::uint32_t samples_max = 65536;  ///< of a prompt

} // namespace troupe::config
