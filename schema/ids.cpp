// SPDX-License-Identifier: Apache-2.0
#include "schema/ids.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace troupe {

namespace {

constexpr std::array<char, 3> letters{'t', 'c', 'e'}; // by purpose

template <class Int>
bool take_number(std::string_view& text, Int& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{}) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_group(std::string_view& text, group_id& id) {
  if (!take_number(text, id.stage.value) || text.empty()) {
    return false;
  }
  for (std::uint8_t i = 0; i < letters.size(); ++i) {
    if (text.front() == letters[i]) {
      id.why = static_cast<purpose>(i);
      text.remove_prefix(1);
      if (!take_number(text, id.cursor)) {
        return false;
      }
      if (text.empty() || text.front() != '.') {
        return true;
      }
      text.remove_prefix(1);
      return take_number(text, id.attempt);
    }
  }
  return false;
}

} // namespace

std::string to_string(purpose p) {
  constexpr std::array<const char*, 3> names{"train", "collect", "eval"};
  return names.at(static_cast<std::size_t>(p));
}

std::string to_string(const group_id& id) {
  std::string text =
      std::to_string(id.stage.value) + letters.at(static_cast<std::size_t>(id.why)) + std::to_string(id.cursor);
  return id.attempt == 0 ? text : text + "." + std::to_string(id.attempt);
}

std::string to_string(const sample_id& id) {
  return to_string(id.group) + "/" + std::to_string(id.index);
}

std::string to_string(const incarnation& id) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(id.high),
                static_cast<unsigned long long>(id.low));
  return text;
}

std::optional<group_id> parse_group_id(std::string_view text) {
  group_id id;
  return take_group(text, id) && text.empty() ? std::optional{id} : std::nullopt;
}

std::optional<sample_id> parse_sample_id(std::string_view text) {
  sample_id id;
  if (!take_group(text, id.group) || text.empty() || text.front() != '/') {
    return std::nullopt;
  }
  text.remove_prefix(1);
  return take_number(text, id.index) && text.empty() ? std::optional{id} : std::nullopt;
}

} // namespace troupe
