// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_collective.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <c10/util/Logging.h>
#include <cstdlib>
#include <cstring>
#include <netdb.h>
#include <sys/socket.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <unistd.h>
#include <utility>

namespace troupe::gpu {
namespace {

/// c10d records every operation in one map of the process, which ranks that are threads change at once without a lock
/// (pytorch PR 179313): it crashes. A record of 0 entries is none. Before c10d begins, since it asks once.
[[maybe_unused]] const bool prepared = [] {
  ::setenv("TORCH_FR_BUFFER_SIZE", "0", 1);
  ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0); // what c10d logs on a timeout is in the errors that it throws, too
  c10::initLogging();
  return true;
}();

struct bound_socket {
  int file = -1;
  std::uint16_t port = 0;
};

[[noreturn]] void refuse(const std::string& host, const std::string& why) {
  throw error(errc::unavailable, "the ranks of the learner cannot meet on " + host + ": " + why);
}

/// A socket on `host` alone: the store knows no password, so it must not listen wherever the machine is reached.
bound_socket listen_on(const std::string& host) {
  const addrinfo wanted{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (const int problem = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found); problem != 0) {
    refuse(host, ::gai_strerror(problem));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> place{found, ::freeaddrinfo};
  const int file = ::socket(place->ai_family, place->ai_socktype | SOCK_CLOEXEC, place->ai_protocol);
  sockaddr_storage taken{};
  socklen_t length = sizeof taken;
  constexpr int waiting = 64;
  if (file < 0 || ::bind(file, place->ai_addr, place->ai_addrlen) != 0 || ::listen(file, waiting) != 0 ||
      ::getsockname(file, reinterpret_cast<sockaddr*>(&taken), &length) != 0) {
    const std::string why = std::strerror(errno);
    if (file >= 0) {
      ::close(file);
    }
    refuse(host, why);
  }
  const auto port = taken.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(taken).sin6_port
                                                : reinterpret_cast<const sockaddr_in&>(taken).sin_port;
  return {file, ntohs(port)};
}

class store_meeting final : public meeting {
public:
  explicit store_meeting(const std::string& host) {
    const auto at = listen_on(host);
    address_ = host + ":" + std::to_string(at.port);
    c10d::TCPStoreOptions options;
    options.isServer = true;
    options.waitWorkers = false;
    options.port = at.port;
    options.masterListenFd = at.file; // the server's from now on
    try {
      server_ = c10::make_intrusive<c10d::TCPStore>(host, options);
    } catch (const std::exception& e) {
      refuse(address_, e.what());
    }
  }
  std::string address() const override { return address_; }

private:
  std::string address_;
  c10::intrusive_ptr<c10d::TCPStore> server_;
};

c10::intrusive_ptr<c10d::Store> enter(const seat& where) {
  const auto colon = where.address.rfind(':');
  if (colon == std::string::npos) {
    throw error(errc::invalid, "the meeting of the ranks is \"" + where.address + "\"; it must be HOST:PORT");
  }
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(std::stoul(where.address.substr(colon + 1)));
  options.waitWorkers = false;
  options.timeout = where.join_within;
  return c10::make_intrusive<c10d::TCPStore>(where.address.substr(0, colon), options);
}

} // namespace

std::unique_ptr<meeting> open_store_meeting(const std::string& host) {
  return std::make_unique<store_meeting>(host);
}

std::shared_ptr<torch_collective> join_process_group(const seat& taken, open_process_group open) {
  seat where = taken;
  where.join_within = std::min(where.join_within, where.deadline);
  if (where.rank >= where.size) {
    throw error(errc::invalid,
                "rank " + std::to_string(where.rank) + " of " + std::to_string(where.size) + "; ranks begin at 0");
  }
  try {
    return std::make_shared<torch_collective>(where, open(enter(where), where));
  } catch (const error&) {
    throw;
  } catch (const std::exception& e) {
    const std::string all = e.what();
    throw error(errc::unavailable, "rank " + std::to_string(where.rank) + " of " + std::to_string(where.size) +
                                       " did not find the others at " + where.address + " within " +
                                       std::to_string(where.join_within.count()) + " ms (" +
                                       all.substr(0, all.find("\nException raised from")) + ")");
  }
}

} // namespace troupe::gpu
