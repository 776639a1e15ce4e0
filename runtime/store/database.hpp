// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/store/forgotten_filter.hpp"
#include "runtime/store/health.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/storage.hpp"
#include "runtime/store/transition.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <rocksdb/db.h>
#include <string>
#include <string_view>
#include <vector>

/// RocksDB as the journal uses it: opening, column families, and its errors as ours.
namespace troupe::store {

/// What to do with a log that is damaged: refuse it, or keep what stands before the damage, or what stands around it,
/// which may show part of a transition. The last one, for looking only, also opens where a table is missing.
enum class damaged_log : std::uint8_t { refuse, keep_before, keep_around };

/// An open database. Thread rule: as RocksDB's, reads and writes from any thread.
class database {
public:
  database(const std::string& folder, open_mode mode, const storage& on, damaged_log log = damaged_log::refuse);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// What a look at a store tells that changes nothing on disk.
  struct glance {
    std::uint64_t last_sequence = 0;
    std::optional<std::string> sealed; ///< of the key asked for, in the meta family
  };
  /// Nothing when there is no store.
  static std::optional<glance> look(const std::string& folder, const std::string& key, const storage& on,
                                    damaged_log log = damaged_log::refuse);

  rocksdb::ColumnFamilyHandle* operator[](family f) const { return handles_[static_cast<std::size_t>(f)]; }
  /// One atomic write; the sequence number of its last change. error(resource_exhausted) where the files take no more:
  /// reads go on, and `health` says why. Writes work again once there is space (16 MB), at most some seconds later;
  /// after another I/O error, which may have taken what the kernel held, only in a database opened anew.
  std::uint64_t write(const std::vector<const transition*>& group, bool sync);
  std::uint64_t last_sequence() const;
  const health_board& health() const { return *health_; }
  /// Of a write that belongs to the store's and is not the database's own.
  void report_failure(const std::string& reason) { health_->failed(reason); }
  /// The sealed value; false when there is none.
  bool get(family f, const std::string& key, std::string& sealed) const;
  /// Visits sealed values whose key starts with `prefix`, in key order, until `visit` returns false.
  void scan(family f, const std::string& prefix,
            const std::function<bool(std::string_view key, std::string_view sealed)>& visit) const;
  /// The same over all keys from `begin` on.
  void scan_from(family f, const std::string& begin,
                 const std::function<bool(std::string_view key, std::string_view sealed)>& visit) const;
  /// Hard links of the present files in the new folder `to`, with a copy of the write-ahead log's last part.
  void checkpoint(const std::string& to) const;
  /// Of these groups, in order, compactions that begin from now on drop what is stored in the payload families.
  void drop(std::vector<group_id> forgotten) { filter_->drop(std::move(forgotten)); }
  /// Rewrites the payload families so that what is deleted takes no space. Writes go on meanwhile.
  void compact();

private:
  std::shared_ptr<health_board> health_ = std::make_shared<health_board>();
  std::shared_ptr<forgotten_filter> filter_ = std::make_shared<forgotten_filter>();
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, family_count> handles_{};
};

/// Throws what `s` says as a troupe::error that names `what`; returns when it is fine.
void require(const rocksdb::Status& s, const std::string& what);

} // namespace troupe::store
