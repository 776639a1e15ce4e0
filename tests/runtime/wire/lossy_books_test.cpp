// SPDX-License-Identifier: Apache-2.0
// The protocol of request and reply without a socket, a thread or a clock: two books, and a road between them that
// loses two of three messages, doubles some and turns their order around.
#include "runtime/wire/answer_book.hpp"
#include "runtime/wire/request_book.hpp"

#include <gtest/gtest.h>
#include <random>

namespace troupe::wire {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t cost = 10;

struct on_the_road {
  bool reply = false;
  std::uint64_t sequence = 0;
  std::uint64_t settled = 0;
};

class lossy_world {
public:
  explicit lossy_world(unsigned seed) : random_(seed) { asking_.welcome(credit); }

  void ask(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      asking_.add({.asked = now_, .deadline = now_ + 24h, .done = {}, .cost = cost});
    }
  }

  /// A tenth of a second.
  void tick() {
    now_ += 100ms;
    asking_.repeat(now_);
    while (const auto next = asking_.next()) {
      asking_.sent(*next, now_);
      put({.reply = false, .sequence = *next, .settled = asking_.settled()});
    }
    std::shuffle(road_.begin(), road_.end(), random_);
    for (const auto& m : std::exchange(road_, {})) {
      m.reply ? arrive_back(m.sequence) : arrive_there(m);
    }
    EXPECT_LE(asking_.charged(), credit);
    EXPECT_LE(answering_.charged(), credit);
  }

  bool done() const { return asking_.empty(); }
  const std::map<std::uint64_t, int>& handled() const { return handled_; }
  std::size_t answered() const { return answered_; }

  static constexpr std::size_t credit = 8 * cost;

private:
  void put(const on_the_road& m) {
    const auto luck = random_() % 100;
    if (luck >= 66) {
      road_.push_back(m);
      if (luck >= 95) {
        road_.push_back(m);
      }
    }
  }
  void arrive_there(const on_the_road& m) {
    answering_.settle(m.settled);
    switch (answering_.arrive(m.sequence, cost)) {
    case answer_book::arrival::fresh:
      ++handled_[m.sequence];
      answering_.reply(m.sequence, {"answer", {}});
      put({.reply = true, .sequence = m.sequence});
      break;
    case answer_book::arrival::answered:
      put({.reply = true, .sequence = m.sequence});
      break;
    case answer_book::arrival::in_progress:
    case answer_book::arrival::forgotten:
    case answer_book::arrival::over_credit:
      break;
    }
  }
  void arrive_back(std::uint64_t sequence) { answered_ += asking_.take(sequence) ? 1 : 0; }

  std::mt19937 random_;
  request_book asking_{2s};
  answer_book answering_{{.credit_bytes = credit, .remembered_bytes = 100'000}};
  request_book::time_point now_{};
  std::vector<on_the_road> road_;
  std::map<std::uint64_t, int> handled_;
  std::size_t answered_ = 0;
};

TEST(LossyBooks, EachRequestIsHandledOnceAndAnsweredOnce) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    lossy_world world{seed};
    world.ask(200);
    int ticks = 0;
    for (; !world.done() && ticks < 200'000; ++ticks) {
      world.tick();
    }
    EXPECT_TRUE(world.done()) << "seed " << seed;
    EXPECT_EQ(world.answered(), 200U) << "seed " << seed;
    ASSERT_EQ(world.handled().size(), 200U) << "seed " << seed;
    for (const auto& [sequence, times] : world.handled()) {
      EXPECT_EQ(times, 1) << "request " << sequence << ", seed " << seed;
    }
  }
}

} // namespace
} // namespace troupe::wire
