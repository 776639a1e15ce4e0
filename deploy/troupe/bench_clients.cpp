// SPDX-License-Identifier: Apache-2.0
// What a server's memory does while many clients talk to it. The clients are sockets of another process that speak the
// wire's protocol, since a thousand whole ones would measure their own threads.
#include "deploy/troupe/bench_wire.hpp"
#include "deploy/troupe/measure.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/incarnation.hpp"
#include "runtime/wire/server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <zmq.hpp>

namespace troupe::program {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t request_bytes = 16UL << 10; // a sample of 1024 tokens
constexpr std::chrono::milliseconds asks_again_after{500};
constexpr std::uint32_t descriptors_a_client = 4;

/// One client: says hello, then asks again some time after it was answered.
struct simulated {
  zmq::socket_t socket;
  wire::envelope head;
  std::optional<clock::time_point> asks_at;
};

void say(simulated& c, wire::purport what, const std::vector<wire::part>& parts) {
  c.head.what = what;
  wire::describe(c.head, parts);
  const auto head = wire::encode(c.head);
  c.socket.send(zmq::const_buffer{head.data(), head.size()},
                parts.empty() ? zmq::send_flags::none : zmq::send_flags::sndmore);
  for (const auto& p : parts) {
    c.socket.send(zmq::const_buffer{p->data(), p->size()});
  }
}

void hear(simulated& c) {
  zmq::message_t frame;
  while (c.socket.recv(frame, zmq::recv_flags::dontwait)) {
    const auto what = wire::decode_envelope(frame.to_string_view()).what;
    while (frame.more()) {
      static_cast<void>(c.socket.recv(frame));
    }
    if (what == wire::purport::welcome || what == wire::purport::reply) {
      c.asks_at = clock::now() + asks_again_after;
    }
  }
}

/// Talks until it is killed: as fast as it can for `filling` seconds, so that the server has had as much to hold as it
/// ever will, then at its pace.
[[noreturn]] void talk(const std::string& endpoint, std::uint32_t clients, double filling) {
  const auto calm_at = clock::now() + std::chrono::duration<double>(filling);
  zmq::context_t context{1};
  context.set(zmq::ctxopt::max_sockets, static_cast<int>(2 * clients));
  const std::vector<wire::part> request{wire::make_part(std::string(request_bytes, 'x'))};
  std::vector<simulated> all;
  std::vector<zmq::pollitem_t> items;
  for (std::uint32_t i = 0; i < clients; ++i) {
    auto& c = all.emplace_back(simulated{zmq::socket_t{context, zmq::socket_type::dealer},
                                         {.as = wire::role::generator,
                                          .kind = 1,
                                          .life = wire::new_incarnation(),
                                          .client = 1,
                                          .name = "generator-" + std::to_string(i)},
                                         {}});
    c.socket.set(zmq::sockopt::routing_id, wire::routing_id_of(c.head.life, 1, 1));
    c.socket.connect(endpoint);
    say(c, wire::purport::hello, {});
    items.push_back({c.socket.handle(), 0, ZMQ_POLLIN, 0});
  }
  while (true) {
    zmq_poll(items.data(), static_cast<int>(items.size()), 0);
    for (std::uint32_t i = 0; i < clients; ++i) {
      auto& c = all[i];
      if (items[i].revents != 0) {
        hear(c);
      }
      if (c.asks_at && (clock::now() >= *c.asks_at || clock::now() < calm_at)) {
        c.asks_at.reset();
        c.head.settled = ++c.head.sequence;
        say(c, wire::purport::request, request);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5}); // clients ask at times of their own
  }
}

void allow_descriptors(std::uint32_t clients) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < descriptors_a_client * clients) {
    throw error{errc::resource_exhausted, "troupe bench wire: " + std::to_string(clients) + " clients need " +
                                              std::to_string(descriptors_a_client * clients) +
                                              " file descriptors: raise the limit (ulimit -n), or give --clients"};
  }
}

/// The highest in so much time: what a server holds goes up and down with the requests under way.
std::uint64_t resident_peak(double seconds) {
  const auto until = clock::now() + std::chrono::duration<double>(seconds);
  std::uint64_t peak = 0;
  while (clock::now() < until) {
    peak = std::max(peak, resident_bytes());
    std::this_thread::sleep_for(std::chrono::milliseconds{20}); // memory is looked at so often
  }
  return peak;
}

} // namespace

nlohmann::json bench_clients(const wire_bench& o) {
  allow_descriptors(o.clients);
  int to_child[2];
  if (::pipe(to_child) != 0) {
    throw error{errc::failed, "troupe bench wire: no pipe"};
  }
  const auto child = ::fork(); // before the server has threads
  if (child == 0) {
    char endpoint[256]{};
    const auto n = ::read(to_child[0], endpoint, sizeof endpoint - 1);
    talk({endpoint, static_cast<std::size_t>(std::max<ssize_t>(n, 0))}, o.clients, o.seconds / 6);
  }
  const wire::server server{{}, [](const wire::peer&, wire::message, const wire::respond& answer) {
                              answer({.kind = 1, .parts = {wire::make_part("thanks")}});
                            }};
  const auto endpoint = server.endpoint();
  const bool told = ::write(to_child[1], endpoint.data(), endpoint.size()) > 0;
  const auto fifth = o.seconds / 5;
  std::this_thread::sleep_for(std::chrono::duration<double>(told ? fifth : 0)); // all are there, and have been fast
  const auto filled = resident_peak(fifth);
  const auto requests_before = server.read().requests;
  const auto began = clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(2 * fifth)); // the time that is measured
  const auto end = resident_peak(fifth);
  const auto counts = server.read();
  const auto took = since(began);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(to_child[0]);
  ::close(to_child[1]);
  return {{"clients", o.clients},
          {"seconds", o.seconds},
          {"requests_per_second", static_cast<double>(counts.requests - requests_before) / took},
          {"refused", counts.over_credit + counts.malformed + counts.bad_checksum + counts.too_many_peers},
          {"resident_mb_filled", static_cast<double>(filled) / 1e6},
          {"resident_mb_end", static_cast<double>(end) / 1e6},
          {"growth_percent", 100 * (static_cast<double>(end) / static_cast<double>(filled) - 1)}};
}

} // namespace troupe::program
