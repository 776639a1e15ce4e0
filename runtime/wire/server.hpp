// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/allow_list.hpp"
#include "runtime/wire/counters.hpp"
#include "runtime/wire/keys.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/message.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::wire {

struct server_options {
  std::string endpoint = "tcp://127.0.0.1:0";     ///< port 0: any free one
  std::optional<key_pair> keys;                   ///< none: no CURVE, on loopback only
  std::shared_ptr<const allow_list> allowed_keys; ///< needed with keys
  /// Whether a role may make requests of this kind; unset: all may.
  std::function<bool(role as, std::uint16_t kind)> allowed;
  limits bounds;
  std::chrono::milliseconds forget_after{60'000}; ///< a peer that said nothing; its next request finds a stranger
};

/// Answers a request; the first call counts. From any thread, also after the server is gone. When every copy is
/// destroyed uncalled, the request fails at once.
using respond = std::function<void(message)>;
/// Called on the server's own thread for each request, once; must not block. A troupe::error it throws refuses the
/// request.
using handler = std::function<void(const peer& from, message request, respond answer)>;

/// Answers requests at one endpoint. Its life is a new incarnation: clients notice, and send again what they wait for.
/// A request is handled once as long as this server remembers its peer; over restarts of a server, requests that
/// change something must be idempotent.
/// Thread-safe.
class server {
public:
  /// Throws error(invalid) for keys that are missing off loopback or without allow-list, error(unavailable) when the
  /// endpoint is in use.
  server(server_options options, handler handle);
  /// Stops within 2 s if the handler does not block; what is not answered yet stays unanswered.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::string endpoint() const; ///< as a client of this host dials it
  counters read() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe::wire
