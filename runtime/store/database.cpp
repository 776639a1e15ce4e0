// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/database.hpp"

#include <cstdarg>
#include <filesystem>
#include <limits>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/options.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>

namespace troupe::store {

namespace {

constexpr std::array<const char*, family_count> names{"default", "group",      "prompt", "sample",  "judgement",
                                                      "step",    "checkpoint", "stage",  "dataset", "record"};

bool is_payload(family f) {
  return f == family::prompt || f == family::sample || f == family::judgement;
}

rocksdb::ColumnFamilyOptions options_of(family f) {
  rocksdb::ColumnFamilyOptions o;
  o.write_buffer_size = 16 << 20;
  o.arena_block_size = 256 << 10; // ten families: the default of 2 MB each would be most of a small run's memory
  o.max_write_buffer_number = 2;  // more meets a flush-retry bug of 7.8
  if (is_payload(f) || f == family::record) {
    o.enable_blob_files = true;
    o.min_blob_size = 4096;
    o.blob_file_size = 64 << 20;
    o.blob_compression_type = rocksdb::kZSTD;
    o.enable_blob_garbage_collection = true;
    o.blob_garbage_collection_force_threshold = 0.5; // of the oldest files: forgotten groups lie there
  }
  if (is_payload(f)) { // else what retention deletes would lie there until the stage's keys are written again
    o.table_properties_collector_factories = {rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512)};
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

rocksdb::WALRecoveryMode recovery(damaged_log log) {
  switch (log) {
  case damaged_log::refuse: // only a torn end, which nobody was told of, may go
    return rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  case damaged_log::keep_before:
    return rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  case damaged_log::keep_around:
    break;
  }
  return rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
}

rocksdb::DBOptions database_options(open_mode mode, const storage& on, damaged_log log) {
  rocksdb::DBOptions o;
  o.create_if_missing = mode == open_mode::create;
  o.create_missing_column_families = mode != open_mode::read_only; // also finishes a creation that was killed half-way
  o.env = &on.files();
  o.paranoid_checks = log != damaged_log::keep_around;
  o.wal_recovery_mode = recovery(log);
  o.track_and_verify_wals_in_manifest = true; // a log cut short behind which another one stands (never call SyncWAL)
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.max_background_jobs = 2;
  o.db_write_buffer_size = 64 << 20;
  o.max_total_wal_size = 64 << 20; // families that are seldom written would keep every log alive
  o.max_open_files = 256;
  o.info_log = std::make_shared<no_log>();
  return o;
}

/// With its parents, of which RocksDB would make none.
void make_folder(const std::string& folder, rocksdb::Env& files) {
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const auto part = folder.substr(0, end);
    const auto made = files.FileExists(part).ok() ? rocksdb::Status{} : files.CreateDirIfMissing(part);
    if (!made.ok()) {
      throw error{made.IsNoSpace() ? errc::resource_exhausted : errc::invalid,
                  "cannot create the store " + folder + ": " + made.ToString()};
    }
    if (end == std::string::npos) {
      return;
    }
  }
}

/// Refuses what is no store before RocksDB writes anything into it.
void require_store(const std::string& folder, open_mode mode, rocksdb::Env& files) {
  namespace fs = std::filesystem;
  if (files.FileExists(folder + "/CURRENT").ok()) {
    return;
  }
  if (mode != open_mode::create && files.FileExists(folder).IsNotFound()) {
    throw error{errc::not_found, "there is no folder " + folder};
  }
  if (mode != open_mode::create) {
    throw error{errc::invalid, folder + " is no store: it has no file CURRENT; name a run's store/ folder"};
  }
  make_folder(folder, files);
  std::vector<std::string> names;
  require(files.GetChildren(folder, &names), folder);
  for (const auto& name : names) {
    const auto kind = fs::path{name}.extension();
    if (kind == ".sst" || kind == ".blob" || kind == ".log") {
      throw error{errc::corrupt, folder + " holds " + name +
                                     " but no file CURRENT: a damaged store; restore CURRENT, or name another folder"};
    }
  }
}

/// The lock that an open database holds, for the time of one look at it.
class short_lock {
public:
  short_lock(const std::string& folder, rocksdb::Env& files) : files_(files) {
    require(files_.LockFile(folder + "/LOCK", &lock_), "store " + folder);
  }
  ~short_lock() { files_.UnlockFile(lock_); }
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

private:
  rocksdb::Env& files_;
  rocksdb::FileLock* lock_ = nullptr;
};

/// RocksDB takes a log that ends early for one whose writer died, even where another log stands behind it: what was cut
/// off would be a hole. The numbers of the changes show it.
void require_unbroken_logs(rocksdb::DB& db, const std::string& where) {
  rocksdb::VectorLogPtr logs;
  require(db.GetSortedWalFiles(logs), where);
  if (logs.size() < 2) {
    return;
  }
  std::unique_ptr<rocksdb::TransactionLogIterator> it;
  require(db.GetUpdatesSince(logs.front()->StartSequence(), &it), where);
  for (auto expected = logs.front()->StartSequence(); it->Valid(); it->Next()) {
    const auto batch = it->GetBatch();
    if (batch.sequence != expected) {
      throw error{errc::corrupt, where + ": a log lost its end: changes " + std::to_string(expected) + " to " +
                                     std::to_string(batch.sequence - 1) + " are gone"};
    }
    expected += static_cast<std::uint64_t>(batch.writeBatchPtr->Count());
  }
  require(it->status(), where);
}

} // namespace

std::string name_of(family f) {
  return names.at(static_cast<std::size_t>(f));
}

half_made_store::half_made_store(const std::string& folder)
    : error{errc::invalid, "store " + folder +
                               " was left half made by a run that was killed as it began; it holds nothing yet: start "
                               "that run again with --resume"} {}

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
  if (s.IsIOError() && (text.find("Permission denied") != std::string::npos ||
                        text.find("Read-only file system") != std::string::npos)) {
    throw error{errc::failed, text + "; even a reader needs the right to write here: it holds the store's lock file"};
  }
  if (s.IsPathNotFound() || text.find("No such file") != std::string::npos) { // of the store's own, once it is open
    throw error{errc::corrupt, text + "; a file of the store is gone (RocksDB may name it .ldb where it was .sst)"};
  }
  const bool locked = s.ToString().find("lock hold by") != std::string::npos ||
                      s.ToString().find("While lock file") != std::string::npos;
  throw error{s.IsIOError() && locked ? errc::unavailable
              : s.IsInvalidArgument() ? errc::invalid
                                      : errc::failed,
              locked ? what + ": another process has the store open; ask that one, or stop it" : text};
}

database::database(const std::string& folder, open_mode mode, const storage& on, damaged_log log) {
  require_store(folder, mode, on.files());
  auto options = database_options(mode, on, log);
  options.listeners = {health_};
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < family_count; ++i) {
    families.emplace_back(names[i], options_of(static_cast<family>(i)));
    if (is_payload(static_cast<family>(i))) {
      families.back().options.compaction_filter_factory = filter_;
    }
  }
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* db = nullptr;
  if (mode == open_mode::read_only) {
    const short_lock nobody_writes{folder, on.files()}; // a read-only open takes no lock of its own
    std::vector<std::string> there;
    require(rocksdb::DB::ListColumnFamilies(options, folder, &there), "store " + folder);
    if (there.size() < family_count) { // as they are made one after the other
      throw half_made_store{folder};
    }
    require(rocksdb::DB::OpenForReadOnly(options, folder, families, &opened, &db), "store " + folder);
  } else {
    require(rocksdb::DB::Open(options, folder, families, &opened, &db), "store " + folder);
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

std::optional<database::glance> database::look(const std::string& folder, const std::string& key, const storage& on,
                                               damaged_log log) {
  if (!on.files().FileExists(folder + "/CURRENT").ok()) {
    return std::nullopt;
  }
  const short_lock nobody_writes{folder, on.files()};
  rocksdb::DB* opened = nullptr;
  const rocksdb::Options options{database_options(open_mode::read_only, on, log), options_of(family::meta)};
  require(rocksdb::DB::OpenForReadOnly(options, folder, &opened), "store " + folder);
  const std::unique_ptr<rocksdb::DB> db{opened};
  if (log == damaged_log::refuse) {
    require_unbroken_logs(*db, "store " + folder);
  }
  glance seen{.last_sequence = db->GetLatestSequenceNumber(), .sealed = std::nullopt};
  std::string sealed;
  const auto s = db->Get(rocksdb::ReadOptions{}, key, &sealed);
  if (!s.IsNotFound()) {
    require(s, "store " + folder);
    seen.sealed = std::move(sealed);
  }
  return seen;
}

std::uint64_t database::write(const std::vector<const transition*>& group, bool sync) {
  rocksdb::WriteBatch batch;
  for (const auto* one : group) {
    for (const auto& c : *one) {
      require(c.sealed ? batch.Put((*this)[c.in], c.key, *c.sealed) : batch.Delete((*this)[c.in], c.key),
              "write to the store");
    }
  }
  rocksdb::WriteOptions o;
  o.sync = sync;
  const auto s = db_->Write(o, &batch);
  if (s.ok()) {
    health_->recovered();
    return last_sequence();
  }
  if (s.IsIOError()) {
    const std::string why =
        "write to the store: " + s.ToString() +
        (s.IsNoSpace() ? "; make room, then resume" : "; once the device works, stop this process and start it again");
    health_->failed(why);
    throw error{errc::resource_exhausted, why};
  }
  require(s, "write to the store");
  return last_sequence();
}

std::uint64_t database::last_sequence() const {
  return db_->GetLatestSequenceNumber();
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

void database::scan_from(family f, const std::string& begin,
                         const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> it{db_->NewIterator(rocksdb::ReadOptions{}, (*this)[f])};
  for (it->Seek(begin); it->Valid() && visit(it->key().ToStringView(), it->value().ToStringView()); it->Next()) {
  }
  require(it->status(), "read from the store");
}

void database::compact() {
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  all.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
  all.blob_garbage_collection_age_cutoff = 1;
  for (const auto f : {family::prompt, family::sample, family::judgement}) {
    require(db_->CompactRange(all, (*this)[f], nullptr, nullptr), "compaction of the store");
  }
}

void database::checkpoint(const std::string& to) const {
  rocksdb::Checkpoint* made = nullptr;
  require(rocksdb::Checkpoint::Create(db_.get(), &made), "checkpoint of the store");
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
  // Never a flush: a look would cost the run ten small files. The log that is copied instead is at most
  // max_total_wal_size.
  constexpr auto never_flush = std::numeric_limits<std::uint64_t>::max();
  require(checkpoint->CreateCheckpoint(to, never_flush), "checkpoint of the store in " + to);
}

} // namespace troupe::store
