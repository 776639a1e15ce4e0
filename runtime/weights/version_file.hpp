// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/data/descriptor.hpp"
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

/// A file that versions of one size are written into, one after the other, for other processes of this host to map;
/// best on a file system in memory, whose pages are then taken once. Readable by this user alone. Goes with its owner.
/// Not thread-safe.
class version_slot {
public:
  /// Throws error(resource_exhausted) when there is no space, else error(failed); nothing stays then.
  version_slot(std::string path, std::size_t words);
  ~version_slot();
  version_slot(const version_slot&) = delete;
  version_slot& operator=(const version_slot&) = delete;

  /// Writes a version of `size` words and gives the file its path. False, and nothing has changed, while another has it
  /// mapped, or when the size is another. Throws error(failed) when it cannot be named so.
  bool write(const version_name& name, std::span<const std::uint32_t> words, const std::string& path);

  const std::string& path() const noexcept { return path_; }
  std::size_t size() const noexcept { return size_; }           ///< words
  std::uint64_t checksum() const noexcept { return checksum_; } ///< of the words

private:
  std::string path_;
  const std::size_t size_;
  data::descriptor file_;
  void* mapped_ = nullptr;
  std::uint64_t checksum_ = 0;
};

/// A version file, mapped. What was opened stays as it is, whatever its writer does.
class version_file {
public:
  /// Throws error(not_found), also while it is written anew; error(corrupt) when it is not this version, not whole, or
  /// its checksum does not hold.
  version_file(const std::string& path, const version_name& expected);
  ~version_file();
  version_file(const version_file&) = delete;
  version_file& operator=(const version_file&) = delete;

  std::span<const std::uint32_t> words() const noexcept { return words_; }
  std::uint64_t checksum() const noexcept { return checksum_; }

private:
  data::descriptor file_; ///< locked: its writer waits
  void* mapped_ = nullptr;
  std::size_t bytes_ = 0;
  std::span<const std::uint32_t> words_;
  std::uint64_t checksum_ = 0;
};

} // namespace troupe::weights
