// SPDX-License-Identifier: Apache-2.0
#include "runtime/text/utf8.hpp"

#include "runtime/error.hpp"

#include <cstdint>
#include <cstdio>

namespace troupe::text {
namespace {

/// `length` is character_length(text), not 0.
std::uint32_t code_point(std::string_view text, std::size_t length) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  std::uint32_t value = length == 1 ? first : first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  return value;
}

} // namespace

std::size_t character_length(std::string_view text) noexcept {
  if (text.empty()) {
    return 0;
  }
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (length == 0 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
      return 0;
    }
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto value = code_point(text, length);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < smallest[length] || value > 0x10ffff || surrogate ? 0 : length;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = character_length(text.substr(at));
    if (length == 0) {
      throw error(errc::invalid, "byte " + std::to_string(at) + " of the text is not UTF-8; convert it to UTF-8 first");
    }
    found.push_back(text.substr(at, length));
    at += length;
  }
  return found;
}

std::string name_of_character(std::string_view character) {
  const auto length = character_length(character);
  const auto value = length == 0 ? 0xfffdu : code_point(character, length);
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(value));
  if (value < 0x20 || value == 0x7f) {
    return number;
  }
  return "'" + std::string(character.substr(0, length)) + "' (" + number + ")";
}

} // namespace troupe::text
