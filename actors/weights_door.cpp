// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_door.hpp"

#include "actors/weights_calls.hpp"
#include "actors/weights_shelf.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/wire/keys.hpp"
#include "schema/codec.hpp"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <thread>

namespace troupe::actors {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds look_for_readers_every{1}; // whether a reader has gone

describe_weights_reply describe_folder(const std::string& folder) {
  describe_weights_reply m;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    auto name = entry.path().filename().string();
    if (entry.is_regular_file() && wire::is_name(name)) {
      m.tokenizer_files[std::move(name)] = data::read_file(entry.path().string());
    }
  }
  return m;
}

} // namespace

/// Where requests lie until the thread has served them.
class weights_door::desk {
public:
  explicit desk(options o)
      : options_(std::move(o)), shelf_(options_), told_(options_.board->subscribe([this] { wake(); })),
        thread_([this] { run(); }) {}

  void ask(wire::message what, wire::respond answer) {
    const auto bytes = only_part(what);
    const std::lock_guard hold{mutex_};
    if (stopped_) {
      throw error{errc::unavailable, "the learner's process ends"};
    }
    asked_.push_back({static_cast<weights_call>(what.kind), bytes, std::move(answer)});
    changed_.notify_all();
  }

  void stop() {
    told_.reset();
    {
      const std::lock_guard hold{mutex_};
      stopped_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

  counters read() const {
    const std::lock_guard hold{mutex_};
    return counts_;
  }
  std::size_t held() const {
    const std::lock_guard hold{mutex_};
    return held_;
  }

private:
  struct question {
    weights_call call = weights_call::describe;
    wire::part bytes;
    wire::respond answer;
  };
  struct waiter {
    bool latest = false;
    await_weights_request what;
    wire::respond answer;
    clock::time_point until;
  };

  void wake() {
    const std::lock_guard hold{mutex_};
    news_ = true;
    changed_.notify_all();
  }

  void run() {
    while (true) {
      std::vector<question> now;
      {
        std::unique_lock hold{mutex_};
        changed_.wait_until(hold, next_look(), [this] { return stopped_ || news_ || !asked_.empty(); });
        now.swap(asked_);
        news_ = false;
        if (stopped_) {
          hold.unlock();
          refuse_all(now);
          return;
        }
      }
      shelf_.refresh(clock::now());
      for (auto& q : now) {
        answered(q.answer, [&] { serve(q); });
      }
      serve_waiters();
      const std::lock_guard hold{mutex_};
      counts_ = shelf_.read();
      held_ = shelf_.held();
    }
  }

  clock::time_point next_look() const {
    auto at = clock::now() + look_for_readers_every;
    for (const auto& w : waiters_) {
      at = std::min(at, w.until);
    }
    return at;
  }

  void serve(question& q) {
    switch (q.call) {
    case weights_call::describe:
      decode_call<describe_weights_request>(*q.bytes);
      return q.answer(success(encode(describe_folder(options_.tokenizer_folder))));
    case weights_call::await_latest:
    case weights_call::fetch:
      waiters_.push_back({q.call == weights_call::await_latest, decode_call<await_weights_request>(*q.bytes), q.answer,
                          clock::now() + options_.patience});
      return;
    case weights_call::chunk:
      return q.answer(success(shelf_.chunk(decode_call<weights_chunk_request>(*q.bytes), clock::now())));
    }
    throw error{errc::invalid, "request of the unknown kind " + std::to_string(static_cast<std::uint16_t>(q.call))};
  }

  void serve_waiters() {
    const auto now = clock::now();
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      bool done = true;
      answered(it->answer, [&] {
        auto found = it->latest ? shelf_.latest_for(it->what) : shelf_.find_for(it->what);
        done = found || now >= it->until;
        if (done) {
          it->answer(success(encode(await_weights_reply{found.has_value(), found.value_or(publication{})})));
        }
      });
      it = done ? waiters_.erase(it) : std::next(it);
    }
  }

  void refuse_all(const std::vector<question>& asked) const {
    const auto ends = failure_of(error{errc::unavailable, "the learner's process ends"});
    for (const auto& q : asked) {
      q.answer(ends);
    }
    for (const auto& w : waiters_) {
      w.answer(ends);
    }
  }

  const options options_;
  weights_shelf shelf_;       ///< the thread's
  std::list<waiter> waiters_; ///< the thread's
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<question> asked_;
  bool news_ = false;
  bool stopped_ = false;
  counters counts_;
  std::size_t held_ = 0;
  weights_board::subscription told_;
  std::thread thread_; ///< last: it uses all of the above
};

weights_door::weights_door(options o) : desk_(std::make_shared<desk>(std::move(o))) {}

weights_door::~weights_door() {
  desk_->stop();
}

wire::handler weights_door::handler() {
  return [at = std::weak_ptr{desk_}](const wire::peer&, wire::message what, wire::respond answer) {
    const auto desk = at.lock();
    if (!desk) {
      throw error{errc::unavailable, "the learner's process ends"};
    }
    desk->ask(std::move(what), std::move(answer));
  };
}

weights_door::counters weights_door::read() const {
  return desk_->read();
}

std::size_t weights_door::held() const {
  return desk_->held();
}

} // namespace troupe::actors
