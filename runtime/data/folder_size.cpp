// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/folder_size.hpp"

#include <filesystem>
#include <system_error>

namespace troupe::data {

namespace fs = std::filesystem;

std::optional<std::uintmax_t> folder_bytes(const std::string& folder) {
  std::error_code gone;
  fs::recursive_directory_iterator file{folder, gone};
  if (gone) {
    return std::nullopt;
  }
  std::uintmax_t bytes = 0;
  for (; file != fs::recursive_directory_iterator{}; file.increment(gone)) {
    if (file->is_regular_file(gone)) {
      const auto size = file->file_size(gone);
      bytes += gone ? 0 : size;
    }
  }
  return bytes;
}

} // namespace troupe::data
