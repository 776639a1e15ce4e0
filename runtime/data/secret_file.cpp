// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/secret_file.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::data {
namespace {

constexpr std::size_t bytes_max = 65536; // no key is longer

} // namespace

void create_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) {
    if (errno == EEXIST) {
      throw error{errc::conflict, path + " exists; keys are never overwritten: choose another name or remove it first"};
    }
    throw error{errc::failed, path + ": " + std::strerror(errno) + "; choose a folder that can be written to"};
  }
  const auto written = ::write(file, bytes.data(), bytes.size());
  const bool synced = ::fsync(file) == 0;
  if (::close(file) != 0 || !synced || written != static_cast<ssize_t>(bytes.size())) {
    ::unlink(path.c_str());
    throw error{errc::failed, path + " could not be written; is there space?"};
  }
}

std::string read_secret_file(const std::string& path) {
  // Mode and content of one open file: a name may be changed in between.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    throw error{errc::not_found, path + ": " + std::strerror(errno) + "; make keys with `troupe keygen`"};
  }
  struct stat status {};
  std::string bytes(bytes_max, '\0');
  const bool known = ::fstat(file, &status) == 0;
  const auto size = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  if (!known || size < 0) {
    throw error{errc::failed, path + " cannot be read; it must be a file with a key"};
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw error{errc::invalid,
                path + " holds a secret key that others than its owner may read; run: chmod 600 " + path};
  }
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

} // namespace troupe::data
