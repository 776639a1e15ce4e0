// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/monitor.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe::wire {

void monitor::open(zmq::context_t& context, zmq::socket_t& of, const std::string& at, int events) {
  if (zmq_socket_monitor(of.handle(), at.c_str(), events) != 0) {
    throw zmq::error_t{};
  }
  of_ = of.handle();
  news_ = zmq::socket_t{context, zmq::socket_type::pair};
  news_.set(zmq::sockopt::linger, 0);
  news_.set(zmq::sockopt::rcvhwm, 0); // of either side, so the pipe has no bound
  news_.connect(at);
}

void monitor::close() {
  if (of_ != nullptr) {
    zmq_socket_monitor(std::exchange(of_, nullptr), nullptr, 0);
  }
  news_.close();
}

std::uint16_t monitor::next() {
  zmq::message_t event;
  if (!news_.recv(event, zmq::recv_flags::dontwait)) {
    return 0;
  }
  zmq::message_t address;
  if (event.more()) {
    static_cast<void>(news_.recv(address, zmq::recv_flags::none));
  }
  std::uint16_t what = 0;
  std::memcpy(&what, event.data(), std::min(sizeof what, event.size()));
  return what;
}

} // namespace troupe::wire
