// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/answer_text.hpp"

#include "runtime/tags.hpp"

namespace troupe::verify {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
  }
  return true;
}

/// The digits of a whole part without its commas; nothing when they stand in the wrong places.
std::optional<std::string> without_commas(std::string_view whole) {
  if (whole.find(',') == std::string_view::npos) {
    return all_digits(whole) ? std::optional(std::string(whole)) : std::nullopt;
  }
  std::string digits;
  for (bool first = true;; first = false) {
    const auto comma = whole.find(',');
    const auto part = whole.substr(0, comma);
    const bool fits = first ? !part.empty() && part.size() <= 3 : part.size() == 3;
    if (!fits || !all_digits(part)) {
      return std::nullopt;
    }
    digits += part;
    if (comma == std::string_view::npos) {
      return digits;
    }
    whole.remove_prefix(comma + 1);
  }
}

} // namespace

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view white = " \t\r\n\f\v";
  const auto begin = text.find_first_not_of(white);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

std::optional<std::string_view> answer_of(std::string_view completion) noexcept {
  const auto begin = completion.rfind(tag::answer);
  if (begin == std::string_view::npos) {
    return std::nullopt;
  }
  const auto rest = completion.substr(begin + tag::answer.size());
  const auto end = rest.find(tag::answer_end);
  return end == std::string_view::npos ? std::nullopt : std::optional(trimmed(rest.substr(0, end)));
}

std::optional<std::string> canonical_number(std::string_view text) {
  text = trimmed(text);
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  auto digits = without_commas(text.substr(0, point));
  if (!digits || !all_digits(fraction) || (digits->empty() && fraction.empty())) {
    return std::nullopt;
  }
  digits->erase(0, std::min(digits->find_first_not_of('0'), digits->size()));
  const auto last = fraction.find_last_not_of('0');
  const auto tail = last == std::string_view::npos ? std::string_view() : fraction.substr(0, last + 1);
  const auto number = (digits->empty() ? "0" : *digits) + (tail.empty() ? "" : "." + std::string(tail));
  return minus && number != "0" ? "-" + number : number;
}

} // namespace troupe::verify
