// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe::config {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (Damerau, restricted).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The closest of `names` if it is close enough to be a slip of the pen, else nothing (an empty string).
std::string nearest(std::string_view word, std::span<const std::string> names);

/// For messages: "did you mean X?" where one is near, else "choose one of A, B, C".
std::string suggestion(std::string_view word, std::span<const std::string> names);

} // namespace troupe::config
