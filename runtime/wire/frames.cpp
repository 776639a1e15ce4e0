// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/frames.hpp"

#include "runtime/wire/envelope.hpp"

#include <arpa/inet.h>
#include <cerrno>

namespace troupe::wire {

namespace {

constexpr std::size_t lent_from = 8192; // bytes; a smaller part is cheaper to copy

/// Keeps lent bytes alive until ZeroMQ has written them.
struct loan {
  part bytes;
  gauge unsent;
  std::size_t counted;
};

/// Called on ZeroMQ's threads.
void give_back(void* /*data*/, void* hint) {
  auto* const ended = static_cast<loan*>(hint);
  if (ended->unsent) {
    ended->unsent->fetch_sub(ended->counted);
  }
  delete ended;
}

zmq::message_t lend(part bytes, const gauge& unsent, std::size_t counted) {
  if (unsent) {
    unsent->fetch_add(counted);
  }
  void* const data = const_cast<char*>(bytes->data()); // ZeroMQ only reads
  const std::size_t size = bytes->size();
  return {data, size, give_back, new loan{std::move(bytes), unsent, counted}};
}

} // namespace

sending send(zmq::socket_t& to, const std::string& routing_id, std::string head, const std::vector<part>& parts,
             const gauge& unsent) {
  std::size_t copied = head.size();
  for (const auto& p : parts) {
    copied += p->size() < lent_from ? p->size() : 0;
  }
  const auto more = [](bool last) {
    return (last ? zmq::send_flags::none : zmq::send_flags::sndmore) | zmq::send_flags::dontwait;
  };
  auto first = lend(make_part(std::move(head)), unsent, copied); // the copied parts leave right behind it
  try {
    if (!routing_id.empty()) {
      if (!to.send(zmq::const_buffer{routing_id.data(), routing_id.size()}, more(false))) {
        return sending::full;
      }
    }
    if (!to.send(first, more(parts.empty()))) {
      return sending::full;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      if (parts[i]->size() < lent_from) {
        to.send(zmq::const_buffer{parts[i]->data(), parts[i]->size()}, more(last));
      } else {
        to.send(lend(parts[i], unsent, parts[i]->size()), more(last));
      }
    }
  } catch (const zmq::error_t& e) {
    if (e.num() == EHOSTUNREACH) {
      return sending::gone;
    }
    throw;
  }
  return sending::done;
}

bool receive(zmq::socket_t& from, bool routed, const limits& bounds, arrived& into) {
  into = {};
  zmq::message_t frame;
  if (!from.recv(frame, zmq::recv_flags::dontwait)) {
    return false;
  }
  if (routed) {
    into.routing_id = frame.to_string();
    if (!frame.more()) {
      return true;
    }
    static_cast<void>(from.recv(frame, zmq::recv_flags::none)); // ZeroMQ delivers whole messages: it is there
  }
  if (const char* user = zmq_msg_gets(frame.handle(), "User-Id"); user != nullptr) {
    into.user = user;
  }
  into.bytes = frame.size();
  if (frame.size() <= envelope_bytes_max) {
    into.head = frame.to_string();
  }
  std::size_t frames = 0;
  while (frame.more()) {
    static_cast<void>(from.recv(frame, zmq::recv_flags::none));
    into.bytes += frame.size();
    into.too_large |=
        frame.size() > bounds.frame_bytes_max || into.bytes > bounds.message_bytes_max + envelope_bytes_max;
    into.too_many_parts |= ++frames > bounds.parts_max;
    if (into.too_large || into.too_many_parts) {
      into.parts.clear();
    } else {
      into.parts.push_back(make_part(frame.to_string()));
    }
  }
  return true;
}

void configure(zmq::socket_t& socket, std::size_t frame_bytes_max) {
  constexpr int second = 1000; // ms
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(frame_bytes_max));
  socket.set(zmq::sockopt::heartbeat_ivl, second);
  socket.set(zmq::sockopt::heartbeat_timeout, 5 * second);
  socket.set(zmq::sockopt::heartbeat_ttl, 5 * second);
  socket.set(zmq::sockopt::handshake_ivl, 5 * second);
  socket.set(zmq::sockopt::reconnect_ivl, second / 10);
  socket.set(zmq::sockopt::reconnect_ivl_max, 5 * second);
  socket.set(zmq::sockopt::linger, second / 2);
  socket.set(zmq::sockopt::sndhwm, 1000);
  socket.set(zmq::sockopt::rcvhwm, 1000);
}

void poll(std::vector<zmq::pollitem_t>& items, std::chrono::milliseconds timeout) {
  if (zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(timeout.count())) < 0 &&
      errno != EINTR) {
    throw zmq::error_t{};
  }
}

bool is_loopback(std::string_view endpoint) {
  if (endpoint.starts_with("ipc://")) {
    return true;
  }
  constexpr std::string_view tcp = "tcp://";
  const auto colon = endpoint.rfind(':');
  if (!endpoint.starts_with(tcp) || colon < tcp.size()) {
    return false;
  }
  const std::string host{endpoint.substr(tcp.size(), colon - tcp.size())};
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) {
    return ntohl(address.s_addr) >> 24 == 127;
  }
  return host == "localhost" || host == "[::1]";
}

} // namespace troupe::wire
