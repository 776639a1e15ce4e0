// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::http {

connection::~connection() {
  session_.reset();
  ::close(socket_);
}

ssize_t connection::fail(const std::string& why) {
  problem_ = problem_.empty() ? why : problem_;
  return -1;
}

bool connection::wait(short events) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now()).count();
    pollfd one{socket_, events, 0};
    const int ready = left <= 0 ? 0 : ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) {
      return true; // an error of the socket is told by the call that follows
    }
    if (left <= 0) {
      timed_out_ = true;
      fail("it took too long");
      return false;
    }
    if (ready < 0 && errno != EINTR) {
      fail(std::strerror(errno));
      return false;
    }
  }
}

bool connection::wait_for_tls(int returned) {
  const int why = SSL_get_error(session_.get(), returned);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
    return wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  }
  refused_ = why == SSL_ERROR_SSL;
  fail("TLS: " + tls_problem(*session_));
  return false;
}

bool connection::shake_hands(int (*step)(SSL*)) {
  while (true) {
    ERR_clear_error();
    const int done = step(session_.get());
    if (done == 1) {
      return true;
    }
    if (!wait_for_tls(done)) {
      return false;
    }
  }
}

bool connection::accept(SSL_CTX& with) {
  session_ = make_tls_session(with, socket_);
  return shake_hands(SSL_accept);
}

bool connection::connect(SSL_CTX& with, const std::string& host) {
  session_ = make_tls_session(with, socket_);
  expect_host(*session_, host);
  return shake_hands(SSL_connect);
}

ssize_t connection::read(char* to, std::size_t most) {
  most = std::min(most, readable_);
  if (most == 0) {
    return fail("it is longer than what is accepted");
  }
  while (true) {
    if (clock::now() > deadline_ && !wait(POLLIN)) { // who sends byte by byte never lets a read wait
      return -1;
    }
    ssize_t got = 0;
    if (session_) {
      ERR_clear_error();
      std::size_t bytes = 0;
      const int done = SSL_read_ex(session_.get(), to, most, &bytes);
      if (done != 1 && SSL_get_error(session_.get(), done) == SSL_ERROR_ZERO_RETURN) {
        return 0;
      }
      if (done != 1 && !wait_for_tls(done)) {
        return -1;
      }
      got = done == 1 ? static_cast<ssize_t>(bytes) : -1;
    } else {
      got = ::recv(socket_, to, most, 0);
      if (got < 0 && errno != EAGAIN && errno != EINTR) {
        return fail(std::strerror(errno));
      }
      if (got < 0 && !wait(POLLIN)) {
        return -1;
      }
    }
    if (got >= 0) {
      readable_ -= static_cast<std::size_t>(got);
      return got;
    }
  }
}

ssize_t connection::write(const char* from, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    if (clock::now() > deadline_ && !wait(POLLOUT)) {
      return -1;
    }
    if (session_) {
      ERR_clear_error();
      std::size_t bytes = 0;
      const int done = SSL_write_ex(session_.get(), from + sent, size - sent, &bytes);
      if (done != 1 && !wait_for_tls(done)) {
        return -1;
      }
      sent += done == 1 ? bytes : 0;
    } else {
      const auto bytes = ::send(socket_, from + sent, size - sent, MSG_NOSIGNAL);
      if (bytes < 0 && errno != EAGAIN && errno != EINTR) {
        return fail(std::strerror(errno));
      }
      if (bytes < 0 && !wait(POLLOUT)) {
        return -1;
      }
      sent += bytes < 0 ? 0 : static_cast<std::size_t>(bytes);
    }
  }
  return static_cast<ssize_t>(size);
}

void connection::finish() {
  if (session_ && !refused_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  ::shutdown(socket_, SHUT_WR);
  std::array<char, 4096> rest{};
  while (wait(POLLIN)) {
    const auto got = ::recv(socket_, rest.data(), rest.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      return;
    }
  }
}

} // namespace troupe::http
