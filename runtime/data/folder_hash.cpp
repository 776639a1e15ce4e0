// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/folder_hash.hpp"

#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace troupe::data {

namespace fs = std::filesystem;

std::uint64_t manifest_hash(const std::string& folder) {
  std::error_code problem;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  if (problem) {
    throw error{errc::not_found, folder + ": cannot be read: " + problem.message()};
  }
  std::sort(files.begin(), files.end());
  std::string manifest;
  for (const auto& file : files) {
    manifest += file.filename().string() + " " + std::to_string(fs::file_size(file)) + " " +
                std::to_string(hash_file(file.string())) + "\n";
  }
  return hash_bytes(manifest);
}

} // namespace troupe::data
