// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/message.hpp"
#include "runtime/keys/key_files.hpp"
#include "runtime/wire/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::http {

/// Answers HTTP at one address, on threads of its own.
///
/// With keys it speaks TLS only, and only to holders of a certificate of the same authority. Without keys it listens on
/// loopback only, and whoever can reach it there, any user of this machine, counts as admin_operate. Web pages that a
/// browser shows may not ask: what comes with an Origin, or without keys for another Host than loopback, is refused.
///
/// Nothing a caller does holds it up: a connection has `within` to have its request read, and when `connections_max`
/// are open the one that has been asking longest is hung up on. One request a connection.
class server {
public:
  struct options {
    std::optional<keys::credentials> keys;                             ///< absent: plain HTTP, loopback only
    wire::endpoint listen{"127.0.0.1", 0};                             ///< port 0: a free one
    std::size_t connections_max = 32;                                  ///< at once, each with a thread
    std::size_t body_max = std::size_t{1} << 20;                       ///< bytes of a request's body
    std::chrono::milliseconds within{std::chrono::seconds{5}};         ///< to be sent a request
    std::chrono::milliseconds answer_within{std::chrono::seconds{30}}; ///< for the caller to take the answer
  };
  /// Called by several threads at once. What it throws as troupe::error becomes the reply.
  using handler = std::function<reply(const request&)>;
  /// Told of each request that was answered, by several threads at once.
  using witness = std::function<void(const request&, int status)>;

  /// Listens; answers nothing before `start`. Throws error(invalid) for an address off loopback without keys,
  /// error(unavailable) for one that is taken, error(failed) for one that is not this machine's.
  explicit server(options opts);
  /// Stops: takes no more connections, hangs up on those whose request is not read, waits for handlers at work.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Before `start`. `path` is matched whole, letter by letter; `method` is GET or POST.
  void route(const std::string& method, const std::string& path, handler answer);
  /// Before `start`.
  void on_answer(witness told);
  void start();

  const wire::endpoint& endpoint() const noexcept; ///< with the port it really has
  std::string url() const;                         ///< https://127.0.0.1:41234
  std::uint64_t hung_up() const noexcept;          ///< connections displaced by newer ones

private:
  class machinery;
  std::unique_ptr<machinery> machinery_;
};

} // namespace troupe::http
