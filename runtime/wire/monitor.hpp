// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <zmq.hpp>

namespace troupe::wire {

/// What ZeroMQ says of a socket's connections. Thread rule: the socket's owner.
class monitor {
public:
  /// Begins to listen; before the socket connects or binds. `events`: ZMQ_EVENT_..., ored. `at`: an inproc name that
  /// nothing else in the context has. Events that nobody takes wait without a bound, for ZeroMQ's own thread would wait
  /// for room. Throws zmq::error_t.
  void open(zmq::context_t& context, zmq::socket_t& of, const std::string& at, int events);
  /// Before the socket is closed.
  void close();

  /// The next event; 0: none.
  std::uint16_t next();
  void* handle() noexcept { return news_.handle(); } ///< readable when there is one

private:
  void* of_ = nullptr;
  zmq::socket_t news_;
};

} // namespace troupe::wire
