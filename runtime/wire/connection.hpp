// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/client.hpp"
#include "runtime/wire/monitor.hpp"

#include <string>
#include <zmq.hpp>

namespace troupe::wire {

/// A client's DEALER and the news of its connection. A connection that was lost is replaced by a new socket with
/// another routing id, because a server may still hold the old one, half open. Thread rule: one owner.
class connection {
public:
  enum class news { none, made, lost, key_refused };

  /// `client`: number of the client in this process. Throws error(invalid) when the endpoint cannot be.
  connection(const client_options& options, std::uint32_t client);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Lets go of the socket, with all that it holds, and dials again.
  void renew();
  /// The next event; none when there is none. A handshake that fails is tried again by ZeroMQ, ever more rarely.
  news next();

  zmq::socket_t& socket() noexcept { return socket_; }
  void* news_handle() noexcept { return monitor_.handle(); } ///< readable when there is news

private:
  void open();
  void close();

  const client_options& options_;
  const std::uint32_t client_;
  std::uint64_t number_ = 0; ///< of the socket
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  monitor monitor_;
};

} // namespace troupe::wire
