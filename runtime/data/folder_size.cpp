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
  while (file != fs::recursive_directory_iterator{}) {
    std::error_code of_file;
    const auto size = file->is_regular_file(of_file) ? file->file_size(of_file) : 0;
    bytes += of_file ? 0 : size;
    file.increment(gone);
    if (gone) {
      return std::nullopt;
    }
  }
  return bytes;
}

} // namespace troupe::data
