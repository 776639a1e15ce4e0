// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/store/volatile_state.hpp"

namespace troupe::store {

using namespace rocksdb; // this file speaks RocksDB's file system interface and nothing else

namespace {

using disk_state = volatile_disk::state;

class sequential : public FSSequentialFile {
public:
  explicit sequential(handle h) : h_(std::move(h)) {}
  IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    const auto s = h_.read(at_, n, result, scratch);
    at_ += s.ok() ? result->size() : 0;
    return s;
  }
  IOStatus Skip(std::uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

private:
  handle h_;
  std::uint64_t at_ = 0;
};

class random_access : public FSRandomAccessFile {
public:
  explicit random_access(handle h) : h_(std::move(h)) {}
  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return h_.read(offset, n, result, scratch);
  }

private:
  handle h_;
};

class writable : public FSWritableFile {
public:
  explicit writable(handle h) : h_(std::move(h)) {}
  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override { return h_.write(h_.size(), data); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return h_.sync(); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return h_.size(); }

private:
  handle h_;
};

class random_write : public FSRandomRWFile {
public:
  explicit random_write(handle h) : h_(std::move(h)) {}
  IOStatus Write(std::uint64_t offset, const Slice& data, const IOOptions&, IODebugContext*) override {
    return h_.write(offset, data);
  }
  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return h_.read(offset, n, result, scratch);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return h_.sync(); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

private:
  handle h_;
};

class folder : public FSDirectory {
public:
  folder(std::shared_ptr<disk_state> disk, std::string name) : disk_(std::move(disk)), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    const auto s = disk_->writable();
    if (s.ok()) {
      std::erase_if(disk_->kept, [&](const auto& one) { return parent_of(one.first) == name_; });
      for (const auto& [path, file] : disk_->live) {
        if (parent_of(path) == name_) {
          disk_->kept.emplace(path, file);
        }
      }
    }
    return s;
  }

private:
  std::shared_ptr<disk_state> disk_;
  std::string name_;
};

class lock : public FileLock {
public:
  explicit lock(std::string path) : path(std::move(path)) {}
  const std::string path;
};

class volatile_files : public FileSystem {
public:
  explicit volatile_files(std::shared_ptr<disk_state> disk) : disk_(std::move(disk)) {}
  const char* Name() const override { return "volatile_disk"; }

  IOStatus NewSequentialFile(const std::string& f, const FileOptions&, std::unique_ptr<FSSequentialFile>* r,
                             IODebugContext*) override {
    return open_as<sequential>(f, r);
  }
  IOStatus NewRandomAccessFile(const std::string& f, const FileOptions&, std::unique_ptr<FSRandomAccessFile>* r,
                               IODebugContext*) override {
    return open_as<random_access>(f, r);
  }
  IOStatus NewRandomRWFile(const std::string& f, const FileOptions&, std::unique_ptr<FSRandomRWFile>* r,
                           IODebugContext*) override {
    return open_as<random_write>(f, r);
  }
  IOStatus NewWritableFile(const std::string& f, const FileOptions&, std::unique_ptr<FSWritableFile>* r,
                           IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    const auto s = disk_->writable();
    if (s.ok()) {
      auto& file = disk_->live[clean(f)];
      file = std::make_shared<inode>();
      *r = std::make_unique<writable>(handle{disk_, file});
    }
    return s;
  }
  IOStatus ReopenWritableFile(const std::string& f, const FileOptions&, std::unique_ptr<FSWritableFile>* r,
                              IODebugContext*) override {
    return open_as<writable>(f, r);
  }
  IOStatus NewDirectory(const std::string& d, const IOOptions&, std::unique_ptr<FSDirectory>* r,
                        IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    const auto s = disk_->folders.count(clean(d)) > 0 ? disk_->usable() : IOStatus::PathNotFound(d);
    if (s.ok()) {
      *r = std::make_unique<folder>(disk_, clean(d));
    }
    return s;
  }
  IOStatus FileExists(const std::string& f, const IOOptions&, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    const auto s = disk_->usable();
    const bool there = disk_->live.count(clean(f)) + disk_->folders.count(clean(f)) > 0;
    return !s.ok() || there ? s : IOStatus::NotFound(f);
  }
  IOStatus GetChildren(const std::string& d, const IOOptions&, std::vector<std::string>* r, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    r->clear();
    for (const auto& [path, file] : disk_->live) {
      if (parent_of(path) == clean(d)) {
        r->push_back(path.substr(path.rfind('/') + 1));
      }
    }
    return disk_->folders.count(clean(d)) > 0 ? disk_->usable() : IOStatus::PathNotFound(d);
  }
  IOStatus DeleteFile(const std::string& f, const IOOptions&, IODebugContext*) override {
    return with(f, [&](const std::string& path, auto&) { disk_->live.erase(path); });
  }
  IOStatus Truncate(const std::string& f, std::size_t size, const IOOptions&, IODebugContext*) override {
    return with(f, [&](const std::string&, inode& file) {
      file.content.resize(size);
      file.rewritten = true;
    });
  }
  IOStatus CreateDir(const std::string& d, const IOOptions&, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    disk_->folders.insert(clean(d));
    return disk_->usable();
  }
  IOStatus CreateDirIfMissing(const std::string& d, const IOOptions& o, IODebugContext* c) override {
    return CreateDir(d, o, c);
  }
  IOStatus DeleteDir(const std::string& d, const IOOptions&, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    disk_->folders.erase(clean(d));
    return disk_->usable();
  }
  IOStatus GetFileSize(const std::string& f, const IOOptions&, std::uint64_t* size, IODebugContext*) override {
    return with(f, [&](const std::string&, inode& file) { *size = file.content.size(); });
  }
  IOStatus GetFileModificationTime(const std::string& f, const IOOptions&, std::uint64_t* t, IODebugContext*) override {
    return with(f, [&](const std::string&, inode&) { *t = 0; });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return with(from, [&](const std::string& path, inode&) {
      const auto file = disk_->live.at(path);
      disk_->live.erase(path);
      disk_->live.insert_or_assign(clean(to), file);
    });
  }
  IOStatus LockFile(const std::string& f, const IOOptions&, FileLock** l, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    if (!disk_->locked.insert(clean(f)).second) {
      return IOStatus::IOError("lock " + f, "already held");
    }
    *l = new lock{clean(f)};
    return disk_->usable();
  }
  IOStatus UnlockFile(FileLock* l, const IOOptions&, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    const std::unique_ptr<lock> mine{static_cast<lock*>(l)};
    disk_->locked.erase(mine->path);
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/tests";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& d, const IOOptions&, std::string* path, IODebugContext*) override {
    *path = d;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, std::uint64_t* free, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    *free = disk_->capacity - std::min(disk_->capacity, disk_->used());
    return disk_->usable();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is, IODebugContext*) override {
    const std::lock_guard hold{disk_->mutex};
    *is = disk_->folders.count(clean(path)) > 0;
    return disk_->usable();
  }

private:
  template <class Use>
  IOStatus with(const std::string& f, const Use& use) {
    const std::lock_guard hold{disk_->mutex};
    const auto s = disk_->usable();
    const auto found = disk_->live.find(clean(f));
    if (!s.ok() || found == disk_->live.end()) {
      return s.ok() ? IOStatus::PathNotFound(f) : s;
    }
    const auto file = found->second; // `use` may remove it
    use(found->first, *file);
    return s;
  }
  template <class File, class Base>
  IOStatus open_as(const std::string& f, std::unique_ptr<Base>* r) {
    return with(f, [&](const std::string& path, inode&) {
      *r = std::make_unique<File>(handle{disk_, disk_->live.at(path)});
    });
  }

  std::shared_ptr<disk_state> disk_;
};

} // namespace

std::shared_ptr<FileSystem> files_of(std::shared_ptr<volatile_disk::state> disk) {
  return std::make_shared<volatile_files>(std::move(disk));
}

} // namespace troupe::store
