// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/store/journal.hpp"

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

enum class family : std::uint8_t { meta, group, prompt, sample, judgement, step, checkpoint, stage, dataset, record };
inline constexpr std::size_t family_count = 10;
std::string name_of(family f);

/// An open database. Thread rule: as RocksDB's, reads and writes from any thread.
class database {
public:
  database(const std::string& folder, open_mode mode);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// A sealed value of the meta family, read without opening the store for writing, so that a store this program must
  /// not touch stays as it is. Nothing when there is no store or no such value.
  static std::optional<std::string> peek(const std::string& folder, const std::string& key);

  rocksdb::ColumnFamilyHandle* operator[](family f) const { return handles_[static_cast<std::size_t>(f)]; }
  /// One atomic write. Without space it fails, reads go on, and writes work again some seconds after space has come
  /// back.
  void write(rocksdb::WriteBatch& batch, bool sync);
  /// The sealed value; false when there is none.
  bool get(family f, const std::string& key, std::string& sealed) const;
  /// Visits sealed values whose key starts with `prefix`, in key order, until `visit` returns false.
  void scan(family f, const std::string& prefix,
            const std::function<bool(std::string_view key, std::string_view sealed)>& visit) const;

private:
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, family_count> handles_{};
};

/// What to say of a store that a run was killed over while making it.
error half_made(const std::string& folder);

/// Throws what `s` says as a troupe::error that names `what`; returns when it is fine.
void require(const rocksdb::Status& s, const std::string& what);

} // namespace troupe::store
