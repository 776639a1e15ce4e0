// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/database.hpp"

#include <cstdarg>
#include <filesystem>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

namespace troupe::store {

namespace {

constexpr std::array<const char*, family_count> names{"default", "group",      "prompt", "sample",  "judgement",
                                                      "step",    "checkpoint", "stage",  "dataset", "record"};

rocksdb::ColumnFamilyOptions options_of(family f) {
  rocksdb::ColumnFamilyOptions o;
  o.write_buffer_size = 16 << 20;
  o.arena_block_size = 256 << 10; // ten families: the default of 2 MB each would be most of a small run's memory
  o.max_write_buffer_number = 2;  // more meets a flush-retry bug of 7.8
  const bool payload = f == family::prompt || f == family::sample || f == family::judgement || f == family::record;
  if (payload) {
    o.enable_blob_files = true;
    o.min_blob_size = 4096;
    o.blob_file_size = 64 << 20;
    o.blob_compression_type = rocksdb::kZSTD;
    o.enable_blob_garbage_collection = true;
  }
  return o;
}

/// RocksDB's own log file aborts the process when it meets a full disk (its writer asserts after one failed append),
/// and what it says reaches us as a Status anyway.
class no_log : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(open_mode mode) {
  rocksdb::DBOptions o;
  o.create_if_missing = mode == open_mode::create;
  o.create_missing_column_families = mode != open_mode::read_only; // also finishes a creation that was killed half-way
  o.paranoid_checks = true;
  // A log damaged in its middle refuses to open rather than lose what was acknowledged.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.max_background_jobs = 2;
  o.db_write_buffer_size = 64 << 20;
  o.max_total_wal_size = 64 << 20; // families that are seldom written would keep every log alive
  o.max_open_files = 256;
  o.info_log = std::make_shared<no_log>();
  return o;
}

/// Refuses what is no store before RocksDB writes anything into it.
void require_store(const std::string& folder, open_mode mode) {
  namespace fs = std::filesystem;
  std::error_code problem;
  if (fs::exists(fs::path{folder} / "CURRENT", problem)) {
    return;
  }
  if (mode != open_mode::create && !fs::exists(folder, problem)) {
    throw error{errc::not_found, "there is no folder " + folder};
  }
  if (mode != open_mode::create) {
    throw error{errc::invalid, folder + " is no store: it has no file CURRENT; name a run's store/ folder"};
  }
  fs::create_directories(folder, problem);
  if (problem) {
    throw error{problem == std::errc::no_space_on_device ? errc::resource_exhausted : errc::invalid,
                "cannot create the store " + folder + ": " + problem.message()};
  }
  for (const auto& entry : fs::directory_iterator{folder}) {
    const auto kind = entry.path().extension();
    if (kind == ".sst" || kind == ".blob" || kind == ".log") {
      throw error{errc::corrupt, folder + " holds " + entry.path().filename().string() +
                                     " but no file CURRENT: a damaged store; restore CURRENT, or name another folder"};
    }
  }
}

/// The lock that an open database holds, for the time of one look at it.
class short_lock {
public:
  explicit short_lock(const std::string& folder) {
    require(rocksdb::Env::Default()->LockFile(folder + "/LOCK", &lock_), "store " + folder);
  }
  ~short_lock() { rocksdb::Env::Default()->UnlockFile(lock_); }
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

private:
  rocksdb::FileLock* lock_ = nullptr;
};

} // namespace

std::string name_of(family f) {
  return names.at(static_cast<std::size_t>(f));
}

error half_made(const std::string& folder) {
  return error{errc::invalid, "store " + folder +
                                  " was left half made by a run that was killed as it began; it holds " +
                                  "nothing yet: start that run again with --resume"};
}

void require(const rocksdb::Status& s, const std::string& what) {
  if (s.ok()) {
    return;
  }
  const std::string text = what + ": " + s.ToString();
  if (s.IsNoSpace()) {
    throw error{errc::resource_exhausted, text + "; make room, then resume"};
  }
  if (s.IsCorruption()) {
    throw error{errc::corrupt, text};
  }
  const bool locked = text.find("lock") != std::string::npos || text.find("LOCK") != std::string::npos;
  throw error{s.IsIOError() && locked ? errc::unavailable
              : s.IsInvalidArgument() ? errc::invalid
                                      : errc::failed,
              locked ? what + ": another process has the store open; ask that one, or stop it" : text};
}

database::database(const std::string& folder, open_mode mode) {
  require_store(folder, mode);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < family_count; ++i) {
    families.emplace_back(names[i], options_of(static_cast<family>(i)));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* db = nullptr;
  if (mode == open_mode::read_only) {
    const short_lock nobody_writes{folder}; // a read-only open takes no lock of its own
    std::vector<std::string> there;
    require(rocksdb::DB::ListColumnFamilies(database_options(mode), folder, &there), "store " + folder);
    if (there.size() < family_count) { // as they are made one after the other
      throw half_made(folder);
    }
    require(rocksdb::DB::OpenForReadOnly(database_options(mode), folder, families, &opened, &db), "store " + folder);
  } else {
    require(rocksdb::DB::Open(database_options(mode), folder, families, &opened, &db), "store " + folder);
  }
  db_.reset(db);
  std::copy(opened.begin(), opened.end(), handles_.begin());
}

database::~database() {
  for (auto* handle : handles_) {
    if (handle != nullptr) {
      db_->DestroyColumnFamilyHandle(handle);
    }
  }
}

std::optional<std::string> database::peek(const std::string& folder, const std::string& key) {
  if (!std::filesystem::exists(std::filesystem::path{folder} / "CURRENT")) {
    return std::nullopt;
  }
  const short_lock nobody_writes{folder};
  rocksdb::DB* opened = nullptr;
  const rocksdb::Options options{database_options(open_mode::read_only), options_of(family::meta)};
  require(rocksdb::DB::OpenForReadOnly(options, folder, &opened), "store " + folder);
  const std::unique_ptr<rocksdb::DB> db{opened};
  std::string sealed;
  const auto s = db->Get(rocksdb::ReadOptions{}, key, &sealed);
  if (s.IsNotFound()) {
    return std::nullopt;
  }
  require(s, "store " + folder);
  return sealed;
}

void database::write(rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions o;
  o.sync = sync;
  require(db_->Write(o, &batch), "write to the store");
}

bool database::get(family f, const std::string& key, std::string& sealed) const {
  const auto s = db_->Get(rocksdb::ReadOptions{}, (*this)[f], key, &sealed);
  if (s.IsNotFound()) {
    return false;
  }
  require(s, "read from the store");
  return true;
}

void database::scan(family f, const std::string& prefix,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> it{db_->NewIterator(rocksdb::ReadOptions{}, (*this)[f])};
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (!visit(it->key().ToStringView(), it->value().ToStringView())) {
      return;
    }
  }
  require(it->status(), "read from the store");
}

} // namespace troupe::store
