// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/connection.hpp"

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace troupe::http {
namespace {

using addresses = std::shared_ptr<addrinfo>;
using clock = connection::clock;

struct looked_up {
  addresses found;
  int code = 0;
};

looked_up look_up(const std::string& host, std::uint16_t port, bool numeric) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0);
  addrinfo* first = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  return {code == 0 ? addresses{first, ::freeaddrinfo} : addresses{}, code};
}

/// A resolver takes as long as it takes; who waits for it does not.
looked_up look_up_until(const wire::endpoint& whom, clock::time_point deadline) {
  if (wire::kind_of_host(whom.host) != wire::host_kind::name) {
    return look_up(whom.host, whom.port, true);
  }
  std::promise<looked_up> promised;
  auto answer = promised.get_future();
  std::thread{[host = whom.host, port = whom.port, to = std::move(promised)]() mutable {
    to.set_value(look_up(host, port, false));
  }}.detach();
  return answer.wait_until(deadline) == std::future_status::ready ? answer.get() : looked_up{{}, EAI_AGAIN};
}

/// 0, or the errno of why not.
int connect_one(int socket, const addrinfo& to, clock::time_point deadline) {
  if (::connect(socket, to.ai_addr, to.ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
    pollfd one{socket, POLLOUT, 0};
    const int ready = left <= 0 ? 0 : ::poll(&one, 1, static_cast<int>(left));
    if (ready == 0) {
      return ETIMEDOUT;
    }
    if (ready > 0) {
      int code = 0;
      socklen_t size = sizeof code;
      return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

} // namespace

int dial(const wire::endpoint& whom, clock::time_point deadline, std::string& problem) {
  const auto known = look_up_until(whom, deadline);
  if (!known.found) {
    problem = "its name cannot be looked up: " + std::string(::gai_strerror(known.code));
    return -1;
  }
  for (const auto* one = known.found.get(); one != nullptr; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int code = socket < 0 ? errno : connect_one(socket, *one, deadline);
    if (code == 0) {
      return socket;
    }
    if (socket >= 0) {
      ::close(socket);
    }
    problem = std::strerror(code);
  }
  return -1;
}

} // namespace troupe::http
