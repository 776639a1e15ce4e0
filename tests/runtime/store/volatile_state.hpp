// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/runtime/store/volatile_disk.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <rocksdb/file_system.h>
#include <set>

namespace troupe::store {

/// A file's bytes, under however many names.
struct inode {
  std::string content;
  std::string synced;
  bool rewritten = false; ///< not only appended to since the last sync

  void sync() {
    if (rewritten) {
      synced = content;
    } else {
      synced.append(content, synced.size());
    }
    rewritten = false;
  }
};

inline std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

inline std::string clean(std::string path) {
  for (auto twice = path.find("//"); twice != std::string::npos; twice = path.find("//")) {
    path.erase(twice, 1);
  }
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

struct volatile_disk::state {
  using names = std::map<std::string, std::shared_ptr<inode>>;
  std::mutex mutex;
  names live;
  names kept; ///< as the folders were last synced
  std::set<std::string> folders{"/"};
  std::set<std::string> locked;
  bool powered = true;
  bool broken = false;
  std::uint64_t capacity = unlimited;

  rocksdb::IOStatus usable() const {
    return powered ? rocksdb::IOStatus::OK() : rocksdb::IOStatus::IOError("the power is cut");
  }
  rocksdb::IOStatus writable() const {
    return powered && broken ? rocksdb::IOStatus::IOError("the device is broken") : usable();
  }
  std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const auto& [name, file] : live) {
      sum += file->content.size();
    }
    return sum;
  }
  rocksdb::IOStatus grow(std::uint64_t by) const {
    if (by > 0 && capacity != unlimited && used() + by > capacity) {
      return rocksdb::IOStatus::NoSpace("the disk is full");
    }
    return rocksdb::IOStatus::OK();
  }
};

/// One open file, however it was opened.
struct handle {
  std::shared_ptr<volatile_disk::state> disk;
  std::shared_ptr<inode> file;

  rocksdb::IOStatus read(std::uint64_t offset, std::size_t n, rocksdb::Slice* result, char* scratch) const {
    const std::lock_guard hold{disk->mutex};
    const auto s = disk->usable();
    return s.ok() ? cut(offset, n, result, scratch) : s;
  }
  rocksdb::IOStatus cut(std::uint64_t offset, std::size_t n, rocksdb::Slice* result, char* scratch) const {
    const auto begin = std::min<std::uint64_t>(offset, file->content.size());
    const auto length = std::min<std::uint64_t>(n, file->content.size() - begin);
    std::memcpy(scratch, file->content.data() + begin, length);
    *result = rocksdb::Slice{scratch, length};
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus write(std::uint64_t offset, const rocksdb::Slice& data) const {
    const std::lock_guard hold{disk->mutex};
    auto s = disk->writable();
    const auto end = offset + data.size();
    if (s.ok() && end > file->content.size()) {
      s = disk->grow(end - file->content.size());
    }
    if (!s.ok()) {
      return s;
    }
    file->rewritten = file->rewritten || offset < file->content.size();
    if (end > file->content.size()) {
      file->content.resize(end);
    }
    std::memcpy(file->content.data() + offset, data.data(), data.size());
    return s;
  }
  rocksdb::IOStatus sync() const {
    const std::lock_guard hold{disk->mutex};
    const auto s = disk->writable();
    if (s.ok()) {
      file->sync();
    }
    return s;
  }
  std::uint64_t size() const {
    const std::lock_guard hold{disk->mutex};
    return file->content.size();
  }
};

/// The file system of RocksDB over it.
std::shared_ptr<rocksdb::FileSystem> files_of(std::shared_ptr<volatile_disk::state> disk);

} // namespace troupe::store
