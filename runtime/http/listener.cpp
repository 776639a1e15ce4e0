// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/listener.hpp"

#include "runtime/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::http {
namespace {

constexpr int backlog = 64;

[[noreturn]] void refuse(int socket, const wire::endpoint& at) {
  const int code = errno;
  if (socket >= 0) {
    ::close(socket);
  }
  const std::string words = "cannot listen at " + at.text() + ": " + std::strerror(code);
  if (code == EADDRINUSE) {
    throw error{errc::unavailable, words + "; stop who listens there, or choose another port (0: a free one)"};
  }
  throw error{code == EADDRNOTAVAIL || code == EACCES ? errc::invalid : errc::failed,
              words + "; choose an address of this machine and a port from 1024 up"};
}

wire::endpoint endpoint_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return {host.data(), static_cast<std::uint16_t>(std::stoi(port.data()))};
}

} // namespace

int listen_at(wire::endpoint& at) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(at.host == "localhost" ? "127.0.0.1" : at.host.c_str(), std::to_string(at.port).c_str(), &hints,
                    &found) != 0) {
    throw error{errc::invalid, "cannot listen at " + at.text() + ": write an address in numbers, such as 127.0.0.1"};
  }
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (socket >= 0) {
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  const bool listens =
      socket >= 0 && ::bind(socket, found->ai_addr, found->ai_addrlen) == 0 && ::listen(socket, backlog) == 0;
  ::freeaddrinfo(found); // leaves errno as it is
  if (!listens) {
    refuse(socket, at);
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    refuse(socket, at);
  }
  at.port = endpoint_of(address, size).port;
  return socket;
}

int accept_from(int listener, std::string& whose) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int socket = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket >= 0) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    whose = endpoint_of(address, size).text();
  }
  return socket;
}

} // namespace troupe::http
