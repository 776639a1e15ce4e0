// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace troupe::weights {

/// Which weights: a version counts within its stage.
struct version_name {
  stage_index stage;
  policy_version version;
  auto operator<=>(const version_name&) const = default;
};

/// Writes a version where other processes of this host can map it, best on a file system in memory: under another name
/// first, so that what bears the name is whole. Readable by this user alone. Throws error(resource_exhausted) when
/// there is no space, else error(failed); nothing stays then. Returns the checksum of the words.
std::uint64_t write_version_file(const std::string& path, const version_name& name,
                                 std::span<const std::uint32_t> words);

/// A version file, mapped. What was opened stays readable after the file is removed.
class version_file {
public:
  /// Throws error(not_found); error(corrupt) when it is not this version, not whole, or its checksum does not hold.
  version_file(const std::string& path, const version_name& expected);
  ~version_file();
  version_file(const version_file&) = delete;
  version_file& operator=(const version_file&) = delete;

  std::span<const std::uint32_t> words() const noexcept { return words_; }
  std::uint64_t checksum() const noexcept { return checksum_; }

private:
  void* mapped_ = nullptr;
  std::size_t bytes_ = 0;
  std::span<const std::uint32_t> words_;
  std::uint64_t checksum_ = 0;
};

} // namespace troupe::weights
