// SPDX-License-Identifier: Apache-2.0
#include "runtime/weights/version_file.hpp"

#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::weights {

namespace {

/// Before the words; a page, so that they are aligned for whoever computes on them.
struct alignas(4096) file_header {
  char mark[8] = {'T', 'R', 'P', 'W', 'G', 'T', 'S', '1'};
  std::uint32_t stage = 0;
  std::uint32_t padding = 0;
  std::uint64_t version = 0;
  std::uint64_t words = 0;
  std::uint64_t checksum = 0;
};

[[noreturn]] void fail(const std::string& path, const char* what, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  throw error{full             ? errc::resource_exhausted
              : code == ENOENT ? errc::not_found
                               : errc::failed,
              path + ": " + what + ": " + std::strerror(code)};
}

} // namespace

version_slot::version_slot(std::string path, std::size_t words)
    : path_(std::move(path)), size_(words), file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (file_.get() < 0) {
    fail(path_, "cannot be made", errno);
  }
  const auto bytes = sizeof(file_header) + 4 * size_;
  int number = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes)); // else a full one would kill the writer
  if (number == 0) {
    mapped_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    number = mapped_ == MAP_FAILED ? errno : 0;
  }
  if (number != 0) {
    ::unlink(path_.c_str());
    fail(path_, "cannot be written", number);
  }
}

version_slot::~version_slot() {
  ::munmap(mapped_, sizeof(file_header) + 4 * size_);
  ::unlink(path_.c_str());
}

bool version_slot::write(const version_name& name, std::span<const std::uint32_t> words, const std::string& path) {
  if (words.size() != size_ || ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    return false;
  }
  checksum_ = weights::checksum(words);
  file_header h;
  h.stage = name.stage.value;
  h.version = name.version.value;
  h.words = size_;
  h.checksum = checksum_;
  std::memcpy(mapped_, &h, sizeof h);
  std::memcpy(static_cast<char*>(mapped_) + sizeof h, words.data(), words.size_bytes());
  if (::rename(path_.c_str(), path.c_str()) != 0) {
    fail(path, "cannot be named so", errno); // and stays locked: nobody reads it
  }
  path_ = path;
  ::flock(file_.get(), LOCK_UN);
  return true;
}

version_file::version_file(const std::string& path, const version_name& expected)
    : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat known {};
  if (file_.get() < 0 || ::fstat(file_.get(), &known) != 0) {
    fail(path, "cannot be opened", errno);
  }
  if (::flock(file_.get(), LOCK_SH | LOCK_NB) != 0) {
    throw error{errc::not_found, path + " is being written anew"};
  }
  bytes_ = static_cast<std::size_t>(known.st_size);
  if (bytes_ < sizeof(file_header)) {
    throw error{errc::corrupt, path + " is shorter than its header: no version of the weights"};
  }
  mapped_ = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED | MAP_POPULATE, file_.get(), 0);
  if (mapped_ == MAP_FAILED) {
    fail(path, "cannot be mapped", errno);
  }
  file_header h;
  std::memcpy(&h, mapped_, sizeof h);
  const auto* first = reinterpret_cast<const std::uint32_t*>(static_cast<const char*>(mapped_) + sizeof h);
  std::string wrong;
  if (std::memcmp(h.mark, file_header{}.mark, sizeof h.mark) != 0) {
    wrong = "is no version of the weights";
  } else if (h.stage != expected.stage.value || h.version != expected.version.value) {
    wrong = "holds version " + std::to_string(h.version) + " of stage " + std::to_string(h.stage);
  } else if (h.words != (bytes_ - sizeof h) / 4 || (bytes_ - sizeof h) % 4 != 0) {
    wrong = "is not whole";
  } else if (weights::checksum({first, h.words}) != h.checksum) {
    wrong = "does not match its checksum";
  }
  if (!wrong.empty()) {
    ::munmap(mapped_, bytes_);
    throw error{errc::corrupt, path + " " + wrong};
  }
  words_ = {first, h.words};
  checksum_ = h.checksum;
}

version_file::~version_file() {
  ::munmap(mapped_, bytes_);
}

} // namespace troupe::weights
