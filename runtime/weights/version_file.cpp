// SPDX-License-Identifier: Apache-2.0
#include "runtime/weights/version_file.hpp"

#include "runtime/data/descriptor.hpp"
#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::weights {

namespace {

/// Before the words; a page, so that they are aligned for whoever computes on them.
struct alignas(4096) header {
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

std::uint64_t write_version_file(const std::string& path, const version_name& name,
                                 std::span<const std::uint32_t> words) {
  const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  header h;
  h.stage = name.stage.value;
  h.version = name.version.value;
  h.words = words.size();
  h.checksum = checksum(words);
  try {
    const data::descriptor out{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (out.get() < 0) {
      fail(temporary, "cannot be made", errno);
    }
    for (const std::string_view piece :
         {std::string_view{reinterpret_cast<const char*>(&h), sizeof h},
          std::string_view{reinterpret_cast<const char*>(words.data()), words.size_bytes()}}) {
      if (const int number = data::write_all(out.get(), piece); number != 0) {
        fail(temporary, "cannot be written", number);
      }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      fail(path, "cannot be named so", errno);
    }
    return h.checksum;
  } catch (const error&) {
    ::unlink(temporary.c_str());
    throw;
  }
}

version_file::version_file(const std::string& path, const version_name& expected) {
  const data::descriptor in{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat known {};
  if (in.get() < 0 || ::fstat(in.get(), &known) != 0) {
    fail(path, "cannot be opened", errno);
  }
  bytes_ = static_cast<std::size_t>(known.st_size);
  if (bytes_ < sizeof(header)) {
    throw error{errc::corrupt, path + " is shorter than its header: no version of the weights"};
  }
  mapped_ = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, in.get(), 0);
  if (mapped_ == MAP_FAILED) {
    fail(path, "cannot be mapped", errno);
  }
  header h;
  std::memcpy(&h, mapped_, sizeof h);
  const auto* first = reinterpret_cast<const std::uint32_t*>(static_cast<const char*>(mapped_) + sizeof h);
  std::string wrong;
  if (std::memcmp(h.mark, header{}.mark, sizeof h.mark) != 0) {
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
