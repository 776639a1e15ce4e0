// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/socket.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::live {

namespace {

[[noreturn]] void fail(const std::string& folder, const char* what) {
  const int number = errno;
  throw error{errc::failed, folder + "/" + socket_name + ": " + what + ": " + std::strerror(number)};
}

descriptor open_folder(const std::string& folder) {
  descriptor fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) {
    fail(folder, "its folder cannot be opened");
  }
  return fd;
}

/// Names the socket through the open folder, so that 108 bytes suffice for any run directory.
sockaddr_un address_in(const descriptor& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.get(), socket_name);
  return address;
}

descriptor new_socket(const std::string& folder) {
  descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd) {
    fail(folder, "no socket");
  }
  return fd;
}

const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address); // as the interface of sockets wants it
}

} // namespace

descriptor listen_in(const std::string& folder) {
  const auto place = open_folder(folder);
  const auto address = address_in(place);
  if (::unlinkat(place.get(), socket_name, 0) != 0 && errno != ENOENT) {
    fail(folder, "what an earlier process left there cannot be removed");
  }
  auto fd = new_socket(folder);
  if (::bind(fd.get(), plain(address), sizeof address) != 0) {
    fail(folder, "the socket cannot be made");
  }
  // Nobody can connect before `listen`, so nobody but the owner ever can.
  if (::fchmodat(place.get(), socket_name, S_IRUSR | S_IWUSR, 0) != 0 || ::listen(fd.get(), 16) != 0) {
    fail(folder, "cannot listen");
  }
  return fd;
}

descriptor connect_to(const std::string& folder, int seconds) {
  const auto place = open_folder(folder);
  const auto address = address_in(place);
  auto fd = new_socket(folder);
  const timeval bound{.tv_sec = seconds, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound); // bounds `connect` too
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  while (::connect(fd.get(), plain(address), sizeof address) != 0) {
    if (errno == EINTR) {
      continue;
    }
    if (errno == ENOENT || errno == ECONNREFUSED) {
      return descriptor{};
    }
    if (errno == EAGAIN) {
      throw error{errc::unavailable,
                  folder + "/" + socket_name + ": no answer within " + std::to_string(seconds) + " s"};
    }
    fail(folder, "cannot connect");
  }
  return fd;
}

} // namespace troupe::live
