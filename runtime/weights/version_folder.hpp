// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/weights/version_file.hpp"

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace troupe::weights {

/// Names this host as it is since it was booted; empty where the system does not say. Containers of one host share the
/// name and may still not see each other's files.
std::string host_name();

/// The folder of one process in which it publishes version files: PARENT/troupe-UID-LIFE, for this user alone. It goes
/// with this object; what a process leaves that was killed, the next one of this user takes away. A file that is not
/// kept any more is written anew for a later version, when nobody has it mapped: new memory costs three times as much.
/// Not thread-safe.
class version_folder {
public:
  /// Throws error(failed) when it cannot be made, as where PARENT is not there.
  version_folder(const std::string& parent, const incarnation& life);
  ~version_folder();
  version_folder(const version_folder&) = delete;
  version_folder& operator=(const version_folder&) = delete;

  struct file {
    std::string path;
    std::uint64_t checksum = 0; ///< of its words
  };
  /// Writes the file of a publication, once. Throws as version_slot does.
  file add(std::uint64_t publication, const version_name& name, std::span<const std::uint32_t> words);
  bool has(std::uint64_t publication) const { return files_.contains(publication); }
  /// The files of all other publications go, but for two.
  void keep_only(const std::set<std::uint64_t>& publications);
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
  std::unique_ptr<data::descriptor> lock_;                       ///< of the folder: while it is held, its process lives
  std::map<std::uint64_t, std::unique_ptr<version_slot>> files_; ///< by publication
  std::vector<std::unique_ptr<version_slot>> spare_;             ///< oldest first; a reader may still have one mapped
};

} // namespace troupe::weights
