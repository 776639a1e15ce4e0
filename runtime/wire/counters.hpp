// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>

namespace troupe::wire {

/// What a server has done and refused since it began.
struct counters {
  std::uint64_t requests = 0;        ///< handed to the handler
  std::uint64_t replies = 0;         ///< sent the first time
  std::uint64_t retransmitted = 0;   ///< requests that came again
  std::uint64_t bytes_in = 0;        ///< of all frames but routing ids
  std::uint64_t bytes_out = 0;       ///< handed to ZeroMQ
  std::uint64_t connections = 0;     ///< accepted by TCP, from whomever
  std::uint64_t handshakes = 0;      ///< of these made: the rest said nothing, or nothing that is ZeroMQ's
  std::uint64_t unauthenticated = 0; ///< an unknown key, or a name that is not the key's
  std::uint64_t wrong_role = 0;      ///< a role that is not the key's, or a kind that is not for the role
  std::uint64_t too_large = 0;       ///< a frame or a message
  std::uint64_t too_many_parts = 0;
  std::uint64_t malformed = 0;   ///< no envelope, or sizes that lie
  std::uint64_t old_version = 0; ///< any but the server's
  std::uint64_t over_credit = 0;
  std::uint64_t replayed = 0; ///< a sequence whose reply is no longer remembered
  std::uint64_t bad_checksum = 0;
  std::uint64_t too_many_peers = 0;
  std::uint64_t dropped_replies = 0; ///< came for a peer that is gone, or twice
  std::uint64_t slow_peers = 0;      ///< dropped because they did not read their replies
  std::uint64_t forgotten_peers = 0; ///< silent for long

  /// f(name, value) for each, in this order.
  template <class F>
  void each(F f) const {
    f("requests", requests);
    f("replies", replies);
    f("retransmitted", retransmitted);
    f("bytes_in", bytes_in);
    f("bytes_out", bytes_out);
    f("connections", connections);
    f("handshakes", handshakes);
    f("unauthenticated", unauthenticated);
    f("wrong_role", wrong_role);
    f("too_large", too_large);
    f("too_many_parts", too_many_parts);
    f("malformed", malformed);
    f("old_version", old_version);
    f("over_credit", over_credit);
    f("replayed", replayed);
    f("bad_checksum", bad_checksum);
    f("too_many_peers", too_many_peers);
    f("dropped_replies", dropped_replies);
    f("slow_peers", slow_peers);
    f("forgotten_peers", forgotten_peers);
  }
};

/// What a client has done since it began.
struct client_counters {
  std::uint64_t requests = 0; ///< accepted from callers
  std::uint64_t replies = 0;
  std::uint64_t refused = 0; ///< by the server
  std::uint64_t expired = 0; ///< deadlines that passed
  std::uint64_t retransmitted = 0;
  std::uint64_t connections = 0; ///< welcomes by a server that was not known or was left
  std::uint64_t bad_replies = 0; ///< dropped: malformed, or a checksum that does not hold
  std::uint64_t blocked_us = 0;  ///< while requests waited for credit

  client_counters& operator+=(const client_counters& more) {
    requests += more.requests;
    replies += more.replies;
    refused += more.refused;
    expired += more.expired;
    retransmitted += more.retransmitted;
    connections += more.connections;
    bad_replies += more.bad_replies;
    blocked_us += more.blocked_us;
    return *this;
  }

  /// f(name, value) for each, in this order.
  template <class F>
  void each(F f) const {
    f("requests", requests);
    f("replies", replies);
    f("refused", refused);
    f("expired", expired);
    f("retransmitted", retransmitted);
    f("connections", connections);
    f("bad_replies", bad_replies);
    f("blocked_us", blocked_us);
  }
};

/// Counters that several threads add to. Thread-safe.
template <class Counters>
class tally {
public:
  void add(std::uint64_t Counters::*which, std::uint64_t n = 1) {
    const std::lock_guard hold{mutex_};
    counts_.*which += n;
  }
  Counters read() const {
    const std::lock_guard hold{mutex_};
    return counts_;
  }

private:
  mutable std::mutex mutex_;
  Counters counts_;
};

} // namespace troupe::wire
