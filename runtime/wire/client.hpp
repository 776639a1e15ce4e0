// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/counters.hpp"
#include "runtime/wire/keys.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/message.hpp"
#include "runtime/wire/request_book.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::wire {

struct client_options {
  std::string endpoint;                         ///< of the server: tcp://HOST:PORT
  std::optional<std::string> server_public_key; ///< none: no CURVE, on loopback only
  std::optional<key_pair> keys;                 ///< its own; with server_public_key
  std::string name;                             ///< as the server's allow-list has it
  role as = role::generator;
  incarnation life;                                  ///< of this process
  std::chrono::milliseconds retransmit_after{2'000}; ///< doubled each time, up to 30 s
  std::chrono::milliseconds hello_every{500};        ///< until the server welcomes it
  limits bounds;                                     ///< frame_bytes_max, parts_max and message_bytes_max are used
};

/// Makes requests of one server, which may come later, go, and be restarted meanwhile.
/// Thread-safe.
class client {
public:
  /// Throws error(invalid) for keys that are missing off loopback, or an endpoint or name that cannot be.
  explicit client(client_options options);
  /// Requests that are not finished end with unavailable, on the client's thread, before this returns.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Never blocks. `done` is called exactly once, on the client's thread, where it must not block nor destroy the
  /// client; it may make requests. It gets the reply, or: unavailable when the deadline passed (whatever the server
  /// and the network do), or when the server cannot take it now; invalid when it is too large, not allowed to this
  /// role, or the server refuses this client; else what the handler threw. A request that failed may have been done.
  void request(message what, std::chrono::milliseconds deadline, std::function<void(outcome)> done);

  /// Of requests that were sent and are not finished, envelopes included; never more than the server's credit.
  std::size_t outstanding_bytes() const noexcept;
  /// The server welcomed this client, and the connection has not been lost since.
  bool connected() const noexcept;
  /// For how long the oldest request that is not finished has been asked; zero without one.
  std::chrono::milliseconds waiting() const noexcept;
  client_counters read() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe::wire
