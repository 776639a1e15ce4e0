// SPDX-License-Identifier: Apache-2.0
// How long a version takes from the learner's board to that of a generator in another process of this host, through a
// file in memory; and how many bytes go to one of another host, when one word in a hundred has changed.
#include "actors/weights_calls.hpp"
#include "actors/weights_door.hpp"
#include "actors/weights_follower.hpp"
#include "deploy/troupe/bench_wire.hpp"
#include "gpu/engine.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/incarnation.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <random>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace troupe::program {

namespace {

using clock = std::chrono::steady_clock; // one for all processes of a host
using actors::weights_board;

constexpr std::uint32_t warm_up = 3; // versions

/// A model of about so many bytes.
gpu::model_shape shape_of(std::uint32_t megabytes) {
  gpu::model_shape s{.hidden_size = 512,
                     .num_hidden_layers = 1,
                     .num_attention_heads = 8,
                     .num_key_value_heads = 8,
                     .intermediate_size = 2048};
  const std::size_t layer_words = 4UL * 512 * 512 + 3UL * 512 * 2048 + 2 * 512;
  s.vocab_size = static_cast<std::uint32_t>((std::size_t{megabytes} * 250'000 - layer_words) / 512);
  return s;
}

std::size_t words_of(const gpu::model_shape& s) {
  return 4UL * 512 * 512 + 3UL * 512 * 2048 + 3UL * 512 + 512UL * s.vocab_size;
}

/// What the other process reports each time a version is on its board.
struct arrival {
  std::uint64_t version = 0;
  std::int64_t at = 0; ///< clock
  std::uint64_t bytes = 0;
  std::uint64_t mapped = 0;
  std::uint64_t changed = 0;
};

/// The generator's process: reads the endpoint, then writes arrivals until it is killed. `near` maps files.
[[noreturn]] void follow(int endpoint_from, int arrivals_to, bool near) {
  char endpoint[256]{};
  const auto n = ::read(endpoint_from, endpoint, sizeof endpoint - 1);
  const auto board = std::make_shared<weights_board>();
  std::promise<void> never;
  actors::weights_follower* follower = nullptr;
  policy_version seen;
  std::mutex ready;
  std::unique_lock hold{ready};
  const auto told = board->subscribe([&] {
    const auto now = clock::now().time_since_epoch().count();
    const std::lock_guard made{ready};
    const auto latest = board->latest();
    if (!latest || latest->version() == seen) {
      return;
    }
    seen = latest->version();
    const auto counts = follower->read();
    const arrival a{seen.value, now, counts.bytes, counts.mapped, counts.changed};
    static_cast<void>(::write(arrivals_to, &a, sizeof a) == sizeof a);
  });
  const auto client = std::make_shared<wire::client>(
      wire::client_options{.endpoint = {endpoint, static_cast<std::size_t>(std::max<ssize_t>(n, 0))},
                           .name = near ? "generator-0" : "generator-1",
                           .life = wire::new_incarnation()});
  actors::weights_follower follows{{.client = client,
                                    .board = board,
                                    .backend = gpu::open_backend({}),
                                    .host = near ? std::nullopt : std::optional<std::string>{""}}};
  follower = &follows;
  hold.unlock();
  never.get_future().wait();
  ::_exit(0);
}

/// A forked generator; killed at the end.
class other_process {
public:
  explicit other_process(bool near) {
    if (::pipe(endpoint_) != 0 || ::pipe(arrivals_) != 0) {
      throw error{errc::failed, "troupe bench wire: no pipe"};
    }
    child_ = ::fork();
    if (child_ == 0) {
      follow(endpoint_[0], arrivals_[1], near);
    }
    ::close(endpoint_[0]);
    ::close(arrivals_[1]); // so that its end is noticed
  }
  ~other_process() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(endpoint_[1]);
    ::close(arrivals_[0]);
  }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  void tell(const std::string& endpoint) const {
    if (::write(endpoint_[1], endpoint.data(), endpoint.size()) < 0) {
      throw error{errc::failed, "troupe bench wire: the other process is gone"};
    }
  }
  arrival next() const {
    arrival a;
    if (::read(arrivals_[0], &a, sizeof a) != sizeof a) {
      throw error{errc::failed, "troupe bench wire: the other process is gone"};
    }
    return a;
  }

private:
  int endpoint_[2]{};
  int arrivals_[2]{};
  pid_t child_ = 0;
};

/// A learner's versions: each has one word in a hundred changed, by the version before.
class versions {
public:
  explicit versions(const gpu::model_shape& shape)
      : shape_(shape), backend_(gpu::open_backend({})), words_(words_of(shape)) {
    for (auto& w : words_) {
      w = static_cast<std::uint32_t>(random_());
    }
  }
  std::shared_ptr<gpu::backend> backend() const { return backend_; }
  std::shared_ptr<const gpu::weights> next() {
    for (std::size_t i = random_() % 199; i < words_.size(); i += 1 + random_() % 199) {
      words_[i] = static_cast<std::uint32_t>(random_());
    }
    const auto copy = std::make_shared<std::vector<std::uint32_t>>(words_);
    return backend_->weights_from_words(shape_, policy_version{++version_}, *copy, copy);
  }
  std::size_t bytes() const { return 4 * words_.size(); }

private:
  gpu::model_shape shape_;
  std::shared_ptr<gpu::backend> backend_;
  std::vector<std::uint32_t> words_;
  std::mt19937_64 random_{1}; // nothing to compress
  std::uint64_t version_ = 0;
};

struct measured {
  std::vector<double> seconds;
  std::vector<std::uint64_t> bytes; ///< over the wire
  arrival last;
};

/// Publishes so many versions to one process, the next when the last has arrived. The first ones, for which memory is
/// taken, are not counted.
measured travel(const wire_bench& o, bool near) {
  const other_process there{near};
  versions all{shape_of(o.weights_mb)};
  const auto board = std::make_shared<weights_board>();
  const actors::weights_door::options options{
      .board = board, .backend = all.backend(), .tokenizer_folder = "/nowhere", .life = wire::new_incarnation()};
  actors::weights_door door{options};
  const wire::server server{{.allowed = actors::may_ask_weights}, door.handler()};
  there.tell(server.endpoint());
  measured m;
  for (std::uint32_t i = 0; i < warm_up + o.versions; ++i) {
    const auto w = all.next();
    const auto began = clock::now();
    board->publish(stage_index{0}, w);
    const auto a = there.next();
    if (i >= warm_up) {
      m.seconds.push_back(std::chrono::duration<double>(clock::duration{a.at} - began.time_since_epoch()).count());
      m.bytes.push_back(a.bytes - m.last.bytes);
    }
    m.last = a;
  }
  std::sort(m.seconds.begin(), m.seconds.end());
  return m;
}

} // namespace

nlohmann::json bench_weights(const wire_bench& o) {
  const auto bytes = static_cast<double>(4 * words_of(shape_of(o.weights_mb)));
  const auto near = travel(o, true);
  const auto far = travel(o, false);
  return {{"version_bytes", bytes},
          {"mapped", near.last.mapped},
          {"mapped_seconds_p50", near.seconds[near.seconds.size() / 2]},
          {"mapped_seconds_max", near.seconds.back()},
          {"changed", far.last.changed},
          {"changed_seconds_p50", far.seconds[far.seconds.size() / 2]},
          {"changed_bytes_ratio", static_cast<double>(*std::max_element(far.bytes.begin(), far.bytes.end())) / bytes}};
}

} // namespace troupe::program
