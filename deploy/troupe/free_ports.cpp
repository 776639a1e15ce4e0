// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/free_ports.hpp"

#include "deploy/live/socket.hpp"
#include "runtime/error.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace troupe::program {

std::vector<std::uint16_t> free_ports(unsigned count) {
  std::vector<live::descriptor> held; // all at once, so that none is given twice
  std::vector<std::uint16_t> ports;
  for (unsigned i = 0; i < count; ++i) {
    live::descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (!fd || ::bind(fd.get(), plain, length) != 0 || ::getsockname(fd.get(), plain, &length) != 0) {
      throw error{errc::unavailable, "no port of 127.0.0.1 is free"};
    }
    ports.push_back(ntohs(address.sin_port));
    held.push_back(std::move(fd));
  }
  return ports;
}

} // namespace troupe::program
