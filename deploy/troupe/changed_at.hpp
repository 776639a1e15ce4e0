// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <sys/stat.h>

namespace troupe::program {

/// Nanoseconds since 1970 of a file's last change; 0 where there is none.
inline std::int64_t changed_at(const std::string& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 ? s.st_mtim.tv_sec * 1'000'000'000LL + s.st_mtim.tv_nsec : 0;
}

} // namespace troupe::program
