// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// Bytes of the UTF-8 character that `text` starts with, 1 to 4; 0 when it starts with none: a stray or missing
/// continuation byte, an overlong form, a surrogate, a number above U+10FFFF, or no byte at all.
std::size_t character_length(std::string_view text) noexcept;

/// The characters of `text` in order. Throws error(invalid) naming the byte offset that is not UTF-8.
std::vector<std::string_view> characters(std::string_view text);

/// For messages: `'+' (U+002B)`, control characters by number alone.
std::string name_of_character(std::string_view character);

} // namespace troupe::text
