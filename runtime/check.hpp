// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>

namespace troupe {

/// Prints and aborts. Not for errors of the world outside: those are `troupe::error`.
[[noreturn]] void check_failed(const char* file, int line, const char* expression, const std::string& operands);

} // namespace troupe

/// An assertion that stays on in release builds. Anything after the condition is streamed into the message:
/// TROUPE_CHECK(begin <= end, "begin ", begin, " end ", end)
#define TROUPE_CHECK(condition, ...)                                                                                   \
  do {                                                                                                                 \
    if (!(condition)) [[unlikely]] {                                                                                   \
      ::troupe::check_failed(__FILE__, __LINE__, #condition, ::troupe::detail::stream_all(__VA_ARGS__));               \
    }                                                                                                                  \
  } while (false)

namespace troupe::detail {

template <class... Ts>
std::string stream_all(const Ts&... values) {
  std::ostringstream out;
  ((out << values), ...);
  return out.str();
}

} // namespace troupe::detail
