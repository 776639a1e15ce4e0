// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/tls.hpp"
#include "runtime/wire/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <sys/types.h>

namespace troupe::http {

/// One TCP connection, plain or TLS, whose every wait ends at one deadline and which reads at most so many bytes.
/// Errors are told, not thrown: this is what a parser reads from. One thread at a time.
class connection {
public:
  using clock = std::chrono::steady_clock;

  /// Owns `socket`, which must be non-blocking.
  explicit connection(int socket) : socket_(socket) {}
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void until(clock::time_point deadline) { deadline_ = deadline; }
  /// How many more bytes may be read.
  void allow(std::size_t bytes) { readable_ = bytes; }

  /// Shakes hands, as a server or as a client of `host`. False with `problem` set when that fails.
  bool accept(SSL_CTX& with);
  bool connect(SSL_CTX& with, const std::string& host);

  /// Bytes read, 0 at the end, -1 with `problem` set.
  ssize_t read(char* to, std::size_t most);
  /// All of them, or -1 with `problem` set.
  ssize_t write(const char* from, std::size_t size);
  /// Tells the other side that nothing follows, and takes what it still sends, until it hangs up too: bytes unread
  /// would make the kernel throw away the answer that is on its way.
  void finish();

  const std::string& problem() const { return problem_; }
  bool timed_out() const { return timed_out_; }
  bool refused_certificate() const { return refused_; }
  SSL* session() const { return session_.get(); } ///< null: plain
  int socket() const { return socket_; }

private:
  bool shake_hands(int (*step)(SSL*));
  /// False with `problem` set at the deadline.
  bool wait(short events);
  /// Waits for what TLS asked for; false with `problem` set where that is no waiting.
  bool wait_for_tls(int returned);
  ssize_t fail(const std::string& why);

  int socket_;
  tls_session session_;
  clock::time_point deadline_ = clock::time_point::max();
  std::size_t readable_ = static_cast<std::size_t>(-1);
  std::string problem_;
  bool timed_out_ = false;
  bool refused_ = false;
};

/// A connected, non-blocking socket, or -1 with `problem` set. Looks names up; waits no longer than to the deadline.
int dial(const wire::endpoint& whom, connection::clock::time_point deadline, std::string& problem);

} // namespace troupe::http
