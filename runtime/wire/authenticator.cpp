// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/authenticator.hpp"

#include <array>
#include <cerrno>
#include <vector>

namespace troupe::wire {

namespace {

constexpr std::size_t binary_key_bytes = 32;

/// The whole of one request; empty when the context was shut down.
std::vector<std::string> receive_all(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  try {
    zmq::message_t frame;
    do {
      static_cast<void>(socket.recv(frame, zmq::recv_flags::none));
      frames.push_back(frame.to_string());
    } while (frame.more());
  } catch (const zmq::error_t& e) {
    if (e.num() != ETERM) {
      throw;
    }
    return {};
  }
  return frames;
}

/// In Z85; empty when these are not the frames of a CURVE request in our domain.
std::string key_of(const std::vector<std::string>& request) {
  // version, request id, domain, address, routing id, mechanism, credentials
  if (request.size() != 7 || request[0] != "1.0" || request[2] != authenticator::domain || request[5] != "CURVE" ||
      request[6].size() != binary_key_bytes) {
    return {};
  }
  std::array<char, binary_key_bytes / 4 * 5 + 1> text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(request[6].data()), binary_key_bytes);
  return text.data();
}

} // namespace

authenticator::authenticator(zmq::context_t& context, std::shared_ptr<const allow_list> allowed,
                             std::function<void()> refused)
    : socket_(context, zmq::socket_type::rep), allowed_(std::move(allowed)), refused_(std::move(refused)) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
  thread_ = std::thread{[this] { run(); }};
}

authenticator::~authenticator() {
  thread_.join();
}

void authenticator::run() {
  while (true) {
    const auto request = receive_all(socket_);
    if (request.empty()) {
      socket_.close();
      return;
    }
    const std::string key = key_of(request);
    const bool known = !key.empty() && allowed_->find(key).has_value();
    if (!known) {
      refused_();
    }
    const std::array<std::string, 6> reply{"1.0",
                                           request.size() > 1 ? request[1] : "",
                                           known ? "200" : "400",
                                           known ? "OK" : "this key is not on the allow-list",
                                           known ? key : "",
                                           ""};
    try {
      for (std::size_t i = 0; i < reply.size(); ++i) {
        socket_.send(zmq::buffer(reply.at(i)), i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
      }
    } catch (const zmq::error_t& e) {
      if (e.num() != ETERM) {
        throw;
      }
    }
  }
}

} // namespace troupe::wire
