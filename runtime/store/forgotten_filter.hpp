// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <atomic>
#include <memory>
#include <rocksdb/compaction_filter.h>
#include <vector>

namespace troupe::store {

/// Lets compactions of the payload families drop what is still stored of forgotten groups, as in a store whose deletes
/// went with a part of its log that was given up.
///
/// The decision rests on the ids given here alone; the database is never asked. RocksDB's filters pay no heed to its
/// snapshots, so every id must be one whose mark is on disk and stays for ever: then no reader who can see the payload
/// may be told of a group that has it. Thread rule: any thread.
class forgotten_filter : public rocksdb::CompactionFilterFactory {
public:
  /// Sorted. For compactions that begin from now on; before the first call nothing is dropped.
  void drop(std::vector<group_id> forgotten);

  const char* Name() const override { return "troupe.forgotten"; }
  std::unique_ptr<rocksdb::CompactionFilter>
  CreateCompactionFilter(const rocksdb::CompactionFilter::Context& context) override;

private:
  std::atomic<std::shared_ptr<const std::vector<group_id>>> forgotten_;
};

} // namespace troupe::store
