// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_follower.hpp"

#include "actors/weights_fetcher.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/weights/version_folder.hpp"
#include "schema/codec.hpp"

#include <algorithm>
#include <future>
#include <set>
#include <thread>

namespace troupe::actors {

namespace {

constexpr unsigned unseen_files_max = 3; // one may just have been replaced; so many are another file system
constexpr std::chrono::milliseconds look_for_wanted_every{500}; // for what is wanted, if no one says so
constexpr std::chrono::milliseconds ask_again_after{200};

} // namespace

/// One thread follows the latest version, another fetches what is wanted, so that neither waits for the other.
class weights_follower::loop {
public:
  explicit loop(options o)
      : options_(std::move(o)), host_(options_.host ? *options_.host : weights::host_name()),
        signal_(std::make_shared<stop_signal>()), told_(options_.board->subscribe([this] { wake(); })),
        follows_([this] { follow_latest(); }), fetches_([this] { fetch_wanted(); }) {}
  ~loop() {
    told_.reset();
    signal_->stop();
    wake();
    follows_.join();
    fetches_.join();
  }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  counters read() const {
    const std::lock_guard hold{mutex_};
    return counts_;
  }
  std::optional<state> latest() const {
    const std::lock_guard hold{mutex_};
    return latest_;
  }

private:
  /// How the next version is to come, by how the last one did.
  struct attempt {
    bool whole = false;   ///< what came was damaged
    bool no_file = false; ///< it was not to be seen
    std::chrono::milliseconds pause{0};
  };

  void wake() {
    const std::lock_guard hold{mutex_};
    news_ = true;
    wanted_.notify_all();
  }

  weights_fetcher fetcher() const { return {options_.client, options_.backend, signal_}; }

  void follow_latest() {
    auto from = fetcher();
    publication_id have;
    std::shared_ptr<const gpu::weights> base;
    attempt how;
    while (!signal_->stopped()) {
      tried(how, [&] {
        const auto p = from.await(weights_call::await_latest, request(how, have));
        if (!p) {
          return false;
        }
        auto got = from.get(*p, have, base.get());
        const std::lock_guard one_at_a_time{lives_};
        take_life(p->id.life);
        count(got);
        base = got.what;
        have = p->id;
        options_.board->publish(p->stage, std::move(got.what));
        const std::lock_guard hold{mutex_};
        latest_ = state{p->stage, p->version, std::chrono::steady_clock::now()};
        return true;
      });
    }
  }

  void fetch_wanted() {
    auto from = fetcher();
    attempt how;
    while (wait_for_wants()) {
      for (const auto& [stage, version] : options_.board->wanted()) {
        tried(how, [&] {
          auto r = request(how, {});
          r.stage = stage;
          r.version = version;
          const auto p = from.await(weights_call::fetch, r);
          if (!p) {
            return false;
          }
          if (p->stage != stage || p->version != version) {
            throw error{errc::corrupt, "the learner answered with another version than was asked for"};
          }
          auto got = from.get(*p, {}, nullptr);
          const std::lock_guard one_at_a_time{lives_};
          take_life(p->id.life);
          count(got);
          options_.board->add_fetched(stage, std::move(got.what));
          return true;
        });
      }
    }
  }

  /// True as soon as something is wanted; false when this ends.
  bool wait_for_wants() {
    while (!signal_->stopped()) {
      if (!options_.board->wanted().empty()) {
        return true;
      }
      std::unique_lock hold{mutex_};
      wanted_.wait_for(hold, look_for_wanted_every, [this] { return news_; });
      news_ = false;
    }
    return false;
  }

  await_weights_request request(const attempt& how, const publication_id& have) const {
    const std::lock_guard hold{mutex_};
    const bool maps = !how.whole && !how.no_file && unseen_files_ < unseen_files_max;
    return {.have = have, .host = maps ? host_ : std::string{}, .whole = how.whole, .stage = {}, .version = {}};
  }

  /// Runs `body`, which says whether a version came. After a failure pauses, longer each time; after damage the next is
  /// asked for whole.
  template <class Body>
  void tried(attempt& how, Body body) {
    try {
      if (body()) {
        how = {};
      }
      how.pause = {};
      return;
    } catch (const codec_error& e) {
      how.whole = true;
      note(&counters::rejected, e.what());
    } catch (const file_unseen& e) { // the wire has it, at once
      how.no_file = true;
      note(&counters::failed, e.what());
      const std::lock_guard hold{mutex_};
      ++unseen_files_;
      return;
    } catch (const error& e) {
      how.whole |= e.code() == errc::corrupt;
      note(e.code() == errc::corrupt ? &counters::rejected : &counters::failed, e.what());
    } catch (const std::exception& e) { // no memory for it, or the model's own
      note(&counters::failed, e.what());
    }
    how.pause = std::min(std::max(2 * how.pause, options_.again_after), options_.again_after_max);
    signal_->pause(how.pause);
  }

  void note(std::uint64_t counters::*which, const std::string& words) {
    if (!signal_->stopped()) {
      const std::lock_guard hold{mutex_};
      ++(counts_.*which);
      counts_.last_failure = words;
    }
  }

  void count(const weights_fetcher::fetched& got) {
    const std::lock_guard hold{mutex_};
    switch (got.how) {
    case weights_fetcher::way::mapped:
      ++counts_.mapped;
      unseen_files_ = 0;
      break;
    case weights_fetcher::way::changed:
      ++counts_.changed;
      break;
    case weights_fetcher::way::full:
      ++counts_.full;
      break;
    }
    counts_.bytes += got.bytes;
  }

  /// At the first word of a new learner what was fetched from the one before is forgotten. Throws error(fenced) for one
  /// that another has followed. Under `lives_`.
  void take_life(const incarnation& life) {
    if (past_.contains(life)) {
      throw error{errc::fenced, "these weights are of a learner that another has followed"};
    }
    if (life != life_) {
      past_.insert(std::exchange(life_, life));
      options_.board->forget_fetched();
    }
  }

  const options options_;
  const std::string host_;
  const std::shared_ptr<stop_signal> signal_;

  std::mutex lives_; ///< held while something goes on the board, so that lives do not mix
  incarnation life_;
  std::set<incarnation> past_;

  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  bool news_ = false;
  counters counts_;
  std::optional<state> latest_;
  unsigned unseen_files_ = 0;

  weights_board::subscription told_;
  std::thread follows_; ///< last: they use all of the above
  std::thread fetches_;
};

weights_follower::weights_follower(options o) : loop_(std::make_unique<loop>(std::move(o))) {}
weights_follower::~weights_follower() = default;

weights_follower::counters weights_follower::read() const {
  return loop_->read();
}

std::optional<weights_follower::state> weights_follower::latest() const {
  return loop_->latest();
}

std::map<std::string, std::string> fetch_tokenizer(wire::client& client, std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const auto promise = std::make_shared<std::promise<wire::outcome>>();
    client.request(
        {static_cast<std::uint16_t>(weights_call::describe), {wire::make_part(encode(describe_weights_request{}))}},
        std::max(left, std::chrono::milliseconds{0}),
        [promise](wire::outcome how) { promise->set_value(std::move(how)); });
    const auto how = promise->get_future().get(); // ends by the deadline
    try {
      return decode_call<describe_weights_reply>(reply_in(how)).tokenizer_files;
    } catch (const codec_error& e) {
      throw error{errc::corrupt, std::string{"the learner's tokenizer: "} + e.what()};
    } catch (const error& e) { // a learner that ends may be followed by another
      if (e.code() != errc::unavailable || std::chrono::steady_clock::now() + ask_again_after >= until) {
        throw;
      }
    }
    std::this_thread::sleep_for(ask_again_after); // before the process works: nobody waits for this thread
  }
}

void write_tokenizer(const std::map<std::string, std::string>& files, const std::string& folder) {
  for (const auto& [name, content] : files) {
    data::write_file_durably(folder + "/" + name, content);
  }
}

} // namespace troupe::actors
