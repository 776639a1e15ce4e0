// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/durability.hpp"
#include "runtime/store/storage.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rocksdb {
class RandomRWFile;
}

namespace troupe::store {

/// The highest acknowledged sequence numbers, in the file ACKNOWLEDGED among the database's own, so that a log which
/// lost its end at a record boundary, and so looks whole, is noticed.
///
/// `disk` numbers are synced before they count and bind for ever. `wal` numbers are written without a sync: they bind
/// while the same kernel runs, because a power cut may take what they stand for. Each kind has two slots, written in
/// turn, each with a checksum: a torn write leaves the one before. Thread rule: one thread.
class acknowledged_mark {
public:
  static constexpr const char* file_name = "ACKNOWLEDGED";

  /// The sequence number that a database in `folder` must reach; nothing when there is no file.
  /// Throws error(corrupt) when no slot for `disk` holds.
  static std::optional<std::uint64_t> read(const std::string& folder, const storage& on);
  /// Makes the file anew with this number, whole or not at all.
  static void reset(const std::string& folder, const storage& on, std::uint64_t sequence);

  /// Opens the file for writing; makes one that says `sequence` where there is none.
  acknowledged_mark(const std::string& folder, const storage& on, std::uint64_t sequence);
  ~acknowledged_mark();
  acknowledged_mark(const acknowledged_mark&) = delete;
  acknowledged_mark& operator=(const acknowledged_mark&) = delete;

  /// Returns once the number is as safe as `how` says. Nothing for `none`. Throws error(resource_exhausted).
  void advance(durability how, std::uint64_t sequence);

private:
  std::unique_ptr<rocksdb::RandomRWFile> file_;
  std::string name_;
  std::uint64_t boot_;
  std::uint64_t generation_ = 0;
  std::array<std::size_t, 2> next_{}; ///< of each kind, the slot that holds the older number
};

} // namespace troupe::store
