// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"

#include <array>

namespace troupe {

int exit_status(errc code) noexcept {
  switch (code) {
  case errc::invalid:
    return 2;
  case errc::not_found:
    return 3;
  case errc::unavailable:
    return 4;
  case errc::corrupt:
    return 5;
  case errc::failed:
  case errc::resource_exhausted:
  case errc::fenced:
  case errc::conflict:
    return 1;
  }
  return 1;
}

std::optional<errc> errc_of(int number) noexcept {
  if (number < static_cast<int>(errc::failed) || number > static_cast<int>(errc::conflict)) {
    return std::nullopt;
  }
  return static_cast<errc>(number);
}

std::string to_string(errc code) {
  constexpr std::array<const char*, 9> names{
      "", "failed", "invalid", "not_found", "unavailable", "corrupt", "resource_exhausted", "fenced", "conflict"};
  return names.at(static_cast<std::size_t>(code));
}

} // namespace troupe
