// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/database.hpp"

#include "runtime/error.hpp"

#include <filesystem>
#include <rocksdb/convenience.h>
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
  o.max_write_buffer_number = 2; // more meets a flush-retry bug of 7.8
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

rocksdb::DBOptions database_options(open_mode mode) {
  rocksdb::DBOptions o;
  o.create_if_missing = mode == open_mode::create;
  o.create_missing_column_families = mode == open_mode::create;
  o.paranoid_checks = true;
  // A log damaged in its middle refuses to open rather than lose what was acknowledged.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.max_background_jobs = 2;
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.keep_log_file_num = 2;
  return o;
}

void require_store(const std::string& folder, open_mode mode) {
  const bool exists = std::filesystem::exists(std::filesystem::path{folder} / "CURRENT");
  if (mode == open_mode::create && !exists) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
      throw error{errc::invalid, "cannot create the store " + folder + ": " + problem.message()};
    }
    return;
  }
  if (!std::filesystem::exists(folder)) {
    throw error{errc::not_found, "there is no folder " + folder};
  }
  if (!exists) {
    throw error{errc::invalid, folder + " is no store: it has no file CURRENT; name a run's store/ folder"};
  }
}

} // namespace

std::string name_of(family f) { return names.at(static_cast<std::size_t>(f)); }

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
  throw error{s.IsIOError() && locked ? errc::unavailable : errc::failed,
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
    // A read-only open takes no lock; trying the lock first keeps us off a live store.
    rocksdb::Env* env = rocksdb::Env::Default();
    rocksdb::FileLock* lock = nullptr;
    require(env->LockFile(folder + "/LOCK", &lock), "store " + folder);
    const auto status = rocksdb::DB::OpenForReadOnly(database_options(mode), folder, families, &opened, &db);
    env->UnlockFile(lock);
    require(status, "store " + folder);
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
