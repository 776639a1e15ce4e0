// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/connection.hpp"

#include "runtime/error.hpp"
#include "runtime/wire/frames.hpp"
#include "runtime/wire/incarnation.hpp"

#include <algorithm>

namespace troupe::wire {

connection::connection(const client_options& options, std::uint32_t client) : options_(options), client_(client) {
  try {
    open();
  } catch (const zmq::error_t& e) {
    throw error{errc::invalid, options.endpoint + ": " + e.what() + "; an endpoint is tcp://HOST:PORT"};
  }
}

connection::~connection() {
  close();
}

void connection::renew() {
  close();
  open();
}

void connection::open() {
  socket_ = zmq::socket_t{context_, zmq::socket_type::dealer};
  configure(socket_, std::max(options_.bounds.frame_bytes_max, options_.bounds.message_bytes_max));
  socket_.set(zmq::sockopt::linger, 0); // what was not answered is lost to us anyway
  socket_.set(zmq::sockopt::immediate, true);
  socket_.set(zmq::sockopt::routing_id, routing_id_of(options_.life, client_, ++number_));
  if (options_.server_public_key) {
    socket_.set(zmq::sockopt::curve_serverkey, *options_.server_public_key);
    socket_.set(zmq::sockopt::curve_publickey, options_.keys->public_key);
    socket_.set(zmq::sockopt::curve_secretkey, options_.keys->secret_key);
  }
  const std::string news_at = "inproc://news-" + std::to_string(number_);
  constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                         ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
  monitor_.open(context_, socket_, news_at, events);
  socket_.connect(options_.endpoint);
}

void connection::close() {
  monitor_.close();
  socket_.close();
}

connection::news connection::next() {
  switch (monitor_.next()) {
  case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
    return news::made;
  case ZMQ_EVENT_DISCONNECTED:
    return news::lost;
  case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
    return news::key_refused;
  default:
    return news::none;
  }
}

} // namespace troupe::wire
