// SPDX-License-Identifier: Apache-2.0
// How many bytes a second our wire carries, beside a loop of plain ZeroMQ: the same frames one way, a short answer
// back, the same bytes under way at once. The plain loop checks nothing, copies nothing and knows nobody.
#include "deploy/troupe/bench_wire.hpp"
#include "deploy/troupe/measure.hpp"
#include "runtime/wire/client.hpp"
#include "runtime/wire/incarnation.hpp"
#include "runtime/wire/server.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>
#include <zmq.hpp>

namespace troupe::program {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t under_way = 48UL << 20; // bytes; the credit is 64 MiB
const std::string acknowledged = "thanks";

/// Two ends and what lets them talk.
struct end_keys {
  wire::key_pair server = wire::make_key_pair();
  wire::key_pair client = wire::make_key_pair();
};

/// Calls `send` while fewer than `window` are unanswered, for so long; answered ones a second. `answered` is called by
/// whoever hears an answer.
class window {
public:
  explicit window(std::size_t size) : size_(size) {}
  void answered() {
    const std::lock_guard hold{mutex_};
    ++answered_;
    changed_.notify_one();
  }
  template <class Send>
  double run(double seconds, Send send) {
    const auto began = clock::now();
    std::uint64_t sent = 0;
    while (since(began) < seconds) {
      {
        std::unique_lock hold{mutex_};
        changed_.wait(hold, [&] { return sent - answered_ < size_; });
      }
      send();
      ++sent;
    }
    std::unique_lock hold{mutex_};
    changed_.wait(hold, [&] { return answered_ == sent; });
    return static_cast<double>(sent) / since(began);
  }

private:
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t answered_ = 0;
};

/// Frames a second.
double our_rate(const std::optional<end_keys>& keys, std::size_t frame, double seconds) {
  wire::server_options options;
  if (keys) {
    options.keys = keys->server;
    options.allowed_keys =
        std::make_shared<wire::allow_list>("generator generator-0 " + keys->client.public_key + "\n");
  }
  window w{under_way / frame};
  const wire::server server{options, [](const wire::peer&, wire::message, const wire::respond& answer) {
                              answer({.kind = 1, .parts = {wire::make_part(acknowledged)}});
                            }};
  wire::client_options as{.endpoint = server.endpoint(), .name = "generator-0", .life = wire::new_incarnation()};
  if (keys) {
    as.server_public_key = keys->server.public_key;
    as.keys = keys->client;
  }
  wire::client client{as};
  const auto payload = wire::make_part(std::string(frame, 'x'));
  return w.run(seconds, [&] {
    client.request({.kind = 1, .parts = {payload}}, std::chrono::seconds{60},
                   [&](const wire::outcome&) { w.answered(); });
  });
}

void echo_until_told(zmq::socket_t& router) {
  while (true) {
    zmq::message_t id;
    zmq::message_t body;
    static_cast<void>(router.recv(id));
    static_cast<void>(router.recv(body));
    if (body.size() == 0) {
      return;
    }
    router.send(id, zmq::send_flags::sndmore);
    router.send(zmq::const_buffer{acknowledged.data(), acknowledged.size()});
  }
}

/// One thread sends and hears answers, another answers.
double plain_rate(const std::optional<end_keys>& keys, std::size_t frame, double seconds) {
  zmq::context_t context{1};
  zmq::context_t other{1}; // as two processes have
  zmq::socket_t router{context, zmq::socket_type::router};
  zmq::socket_t dealer{other, zmq::socket_type::dealer};
  if (keys) {
    router.set(zmq::sockopt::curve_server, true);
    router.set(zmq::sockopt::curve_secretkey, keys->server.secret_key);
    dealer.set(zmq::sockopt::curve_serverkey, keys->server.public_key);
    dealer.set(zmq::sockopt::curve_publickey, keys->client.public_key);
    dealer.set(zmq::sockopt::curve_secretkey, keys->client.secret_key);
  }
  router.bind("tcp://127.0.0.1:0");
  dealer.connect(router.get(zmq::sockopt::last_endpoint));
  std::thread answers{[&] { echo_until_told(router); }};
  const std::string payload(frame, 'x');
  const std::size_t most = under_way / frame;
  const auto began = clock::now();
  std::uint64_t sent = 0;
  std::uint64_t heard = 0;
  zmq::message_t answer;
  while (since(began) < seconds) {
    while (sent - heard < most) {
      zmq::message_t lent{const_cast<char*>(payload.data()), frame, [](void*, void*) {}, nullptr}; // it only reads
      dealer.send(lent, zmq::send_flags::none);
      ++sent;
    }
    static_cast<void>(dealer.recv(answer));
    ++heard;
    while (dealer.recv(answer, zmq::recv_flags::dontwait)) {
      ++heard;
    }
  }
  for (; heard < sent; ++heard) {
    static_cast<void>(dealer.recv(answer));
  }
  const double rate = static_cast<double>(sent) / since(began);
  dealer.send(zmq::message_t{}, zmq::send_flags::none);
  answers.join();
  return rate;
}

} // namespace

nlohmann::json bench_throughput(const wire_bench& o) {
  auto all = nlohmann::json::array();
  for (const bool curve : {false, true}) {
    for (const std::size_t frame : {64UL << 10, 1UL << 20}) {
      const auto keys = curve ? std::optional<end_keys>{std::in_place} : std::nullopt;
      std::vector<double> ours;
      std::vector<double> theirs;
      std::vector<double> ratios;
      for (std::uint32_t round = 0; round < o.rounds; ++round) {
        theirs.push_back(plain_rate(keys, frame, o.round_seconds) * static_cast<double>(frame) / 1e6);
        ours.push_back(our_rate(keys, frame, o.round_seconds) * static_cast<double>(frame) / 1e6);
        ratios.push_back(ours.back() / theirs.back());
      }
      all.push_back({{"frame_bytes", frame},
                     {"curve", curve},
                     {"troupe_mb_per_second", median(ours)},
                     {"zeromq_mb_per_second", median(theirs)},
                     {"ratio", median(ratios)},
                     {"ratios", ratios}});
    }
  }
  return all;
}

} // namespace troupe::program
