// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::verify {

/// Without white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

/// The text inside the last `<answer>..</answer>` of a completion, trimmed; nothing where there is none, or where the
/// last
/// `<answer>` is never closed.
std::optional<std::string_view> answer_of(std::string_view completion) noexcept;

/// A decimal number in one spelling: no sign but `-`, no commas, no leading or trailing zeros, no `-0`. Nothing for
/// what is no number; commas must stand between groups of three digits.
std::optional<std::string> canonical_number(std::string_view text);

} // namespace troupe::verify
