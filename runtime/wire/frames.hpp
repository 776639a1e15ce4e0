// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/limits.hpp"
#include "runtime/wire/message.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

/// Messages as ZeroMQ's frames. Thread rule: the owner of the socket.
namespace troupe::wire {

/// Bytes handed to ZeroMQ and not yet written to the network; goes down on ZeroMQ's threads.
using gauge = std::shared_ptr<std::atomic<std::size_t>>;

enum class sending : std::uint8_t { done, full, gone };

/// Never blocks. Parts of 8 KiB and more are lent to ZeroMQ, not copied. `routing_id` is empty for a DEALER. When
/// `full` or `gone`, nothing was sent.
sending send(zmq::socket_t& to, const std::string& routing_id, std::string head, const std::vector<part>& parts,
             const gauge& unsent);

/// A message as it came; beyond the limits, frames are dropped while they are read.
struct arrived {
  std::string routing_id; ///< empty from a DEALER
  std::string user;       ///< public key that the authenticator let in; empty without CURVE
  std::string head;
  std::vector<part> parts;
  std::size_t bytes = 0; ///< of all but the routing id
  bool too_large = false;
  bool too_many_parts = false;
};

/// False when nothing is there. Never blocks. One copy of each frame.
bool receive(zmq::socket_t& from, bool routed, const limits& bounds, arrived& into);

/// Heartbeats, bounded waits and sizes of every socket here.
void configure(zmq::socket_t& socket, std::size_t frame_bytes_max);

/// Waits for one of the items; returns early when a signal arrives.
void poll(std::vector<zmq::pollitem_t>& items, std::chrono::milliseconds timeout);

/// tcp:// to 127.0.0.0/8, ::1 or localhost, or ipc://.
bool is_loopback(std::string_view endpoint);

} // namespace troupe::wire
