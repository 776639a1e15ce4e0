// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"

#include "runtime/data/descriptor.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::data {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  throw error(full ? errc::resource_exhausted : errc::failed,
              path + ": " + what + ": " + std::strerror(number) +
                  (full ? "; free some space or choose another folder" : ""));
}

/// 0, or the errno of the first call that failed.
int write_and_sync(int fd, std::string_view bytes) {
  const int number = write_all(fd, bytes);
  return number != 0 ? number : ::fsync(fd) == 0 ? 0 : errno;
}

/// `temporary` becomes `path`, for good, unless `failed` is an errno.
void put_in_place(const std::string& temporary, const std::string& path, int failed) {
  if (failed == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
    failed = errno;
  }
  if (failed != 0) {
    ::unlink(temporary.c_str());
    fail(path, "cannot be written", failed);
  }
  const auto parent = std::filesystem::path(path).parent_path().string();
  sync_folder(parent.empty() ? "." : parent);
}

} // namespace

void sync_folder(const std::string& folder) {
  const descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) {
    fail(folder, "the folder cannot be opened", errno);
  }
  if (::fsync(fd.get()) != 0 && errno != EINVAL) { // EINVAL: a file system that has no fsync for folders
    fail(folder, "the folder cannot be synced", errno);
  }
}

void write_file_durably(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fd.get() < 0) {
    fail(path, "cannot be written", errno);
  }
  int number = write_and_sync(fd.get(), bytes);
  if (fd.close() != 0 && number == 0) {
    number = errno;
  }
  put_in_place(temporary, path, number);
}

void publish_file(const std::string& temporary, const std::string& path) {
  int number = 0;
  {
    const descriptor fd(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    number = fd.get() < 0 || ::fsync(fd.get()) != 0 ? errno : 0;
  }
  put_in_place(temporary, path, number);
}

std::string read_file(const std::string& path) {
  const descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    const int number = errno;
    throw error(number == ENOENT ? errc::not_found : errc::failed,
                path + ": cannot be opened: " + std::strerror(number));
  }
  std::string content;
  struct stat about {};
  if (::fstat(fd.get(), &about) == 0 && about.st_size > 0) {
    content.reserve(static_cast<std::size_t>(about.st_size));
  }
  char piece[1 << 16];
  while (true) {
    const auto got = ::read(fd.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      fail(path, "cannot be read", errno);
    }
    if (got == 0) {
      return content;
    }
    content.append(piece, static_cast<std::size_t>(got));
  }
}

} // namespace troupe::data
