// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/store/committer.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <latch>
#include <semaphore>

namespace troupe::store {
namespace {

transition named(const std::string& key, std::size_t bytes = 1) {
  return {{family::meta, key, std::string(bytes, 'x')}};
}

constexpr int many = 1000; // writes that need not wait

/// Writes to memory; each write waits until it is let go, so that others queue up meanwhile.
struct fake_writer {
  void operator()(const std::vector<const transition*>& group, durability how) {
    std::vector<std::string> keys;
    for (const auto* one : group) {
      keys.push_back(one->front().key);
    }
    groups.push_back(keys);
    hows.push_back(how);
    begun.release();
    go.acquire();
    if (static_cast<int>(groups.size()) > fails_from) {
      throw error{errc::resource_exhausted, "no space"};
    }
  }
  std::vector<std::vector<std::string>> groups; // the committer's thread alone, until it is joined
  std::vector<durability> hows;
  std::atomic<int> fails_from = many; // groups before this one are fine
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> go{0};
};

/// Queues `first`, waits until it is being written, queues the rest in order behind it, lets the writer go.
void commit_behind(committer& to, fake_writer& w, const std::vector<std::pair<transition, durability>>& rest) {
  std::thread first{[&] { to.commit(named("first"), durability::wal); }};
  w.begun.acquire();
  for (const auto& [what, how] : rest) {
    to.commit(what, how); // `none`: returns when queued
  }
  w.go.release(many);
  first.join();
}

/// Callers that queue up behind a write that is held.
struct crowd {
  explicit crowd(committer& to) : to_(to) {}
  ~crowd() {
    for (auto& t : threads_) {
      t.join();
    }
  }
  void call(const std::string& key, durability how) {
    const auto before = to_.queued();
    threads_.emplace_back([this, key, how] { to_.commit(named(key), how); });
    while (to_.queued() == before) { // the writer is held: what comes stays queued
      std::this_thread::yield();
    }
  }
  committer& to_;
  std::vector<std::thread> threads_;
};

using keys = std::vector<std::string>;

TEST(Committer, WhatQueuesBehindAWriteIsOneGroupInOrder) {
  fake_writer w;
  {
    committer c{std::ref(w)};
    commit_behind(c, w,
                  {{named("a"), durability::none}, {named("b"), durability::none}, {named("c"), durability::none}});
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a", "b", "c"}}));
}

TEST(Committer, AGroupIsAsSafeAsItsMostDemandingCallerAsks) {
  fake_writer w;
  {
    committer c{std::ref(w)};
    std::thread first{[&] { c.commit(named("first"), durability::wal); }};
    w.begun.acquire();
    crowd others{c};
    others.call("a", durability::wal);
    others.call("b", durability::disk);
    others.call("c", durability::none);
    w.go.release(many);
    first.join();
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a", "b", "c"}}));
  EXPECT_EQ(w.hows, (std::vector{durability::wal, durability::disk}));
}

TEST(Committer, AGroupStopsAtItsSize) {
  fake_writer w;
  {
    committer c{std::ref(w), {.bytes_max = 1000}};
    commit_behind(c, w,
                  {{named("a", 600), durability::none},
                   {named("b", 300), durability::none}, // 2 keys + 900 bytes
                   {named("c", 600), durability::none},
                   {named("large", 5000), durability::none}});
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a", "b"}, {"c"}, {"large"}}));
}

TEST(Committer, ALoneCommitIsNeverDelayed) {
  fake_writer w;
  committer c{std::ref(w), {.wait_max = std::chrono::hours{24}}}; // a delay would show as a test that never ends
  w.go.release(many);
  c.commit(named("a"), durability::wal);
  c.commit(named("b"), durability::disk);
}

TEST(Committer, CallersThatWereAnsweredTogetherShareTheNextGroupToo) {
  fake_writer w;
  committer c{std::ref(w), {.wait_max = std::chrono::hours{24}}};
  std::thread first{[&] { c.commit(named("first"), durability::wal); }};
  w.begun.acquire();
  {
    crowd together{c};
    for (const auto* key : {"a", "b", "c"}) {
      together.call(key, durability::wal);
    }
    w.go.release(many);
  }
  std::vector<std::thread> again;
  for (const auto* key : {"d", "e", "f"}) { // one after the other, and yet one group
    again.emplace_back([&c, key] { c.commit(named(key), durability::disk); });
  }
  for (auto& t : again) {
    t.join();
  }
  first.join();
  ASSERT_EQ(w.groups.size(), 3U);
  EXPECT_EQ(w.groups[1], (keys{"a", "b", "c"}));
  EXPECT_EQ(w.groups[2].size(), 3U);
}

TEST(Committer, AnErrorReachesEveryCallerOfItsGroupAndNoOther) {
  fake_writer w;
  committer c{std::ref(w)};
  std::thread first{[&] { c.commit(named("first"), durability::wal); }};
  w.begun.acquire();
  std::atomic<int> refused = 0;
  {
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        try {
          c.commit(named("x"), durability::disk);
        } catch (const error& e) {
          refused += e.code() == errc::resource_exhausted ? 1 : 0;
        }
      });
    }
    while (c.queued() < 4) {
      std::this_thread::yield();
    }
    w.fails_from = 1; // the first group, which is being written, does not
    w.go.release(many);
    for (auto& t : callers) {
      t.join();
    }
  }
  first.join();
  EXPECT_EQ(refused, 4);
  w.fails_from = many;
  EXPECT_NO_THROW(c.commit(named("y"), durability::disk));
}

TEST(Committer, ClosingWritesWhatIsQueued) {
  fake_writer w;
  {
    committer c{std::ref(w)};
    w.go.release(many);
    for (int i = 0; i < 100; ++i) {
      c.commit(named(std::to_string(i)), durability::none);
    }
  }
  std::size_t written = 0;
  for (const auto& g : w.groups) {
    written += g.size();
  }
  EXPECT_EQ(written, 100U);
}

TEST(Committer, QueuedBytesAreBounded) {
  fake_writer w;
  std::atomic<int> queued = 0;
  {
    committer c{std::ref(w), {.queued_bytes_max = 100}};
    std::thread first{[&] { c.commit(named("first"), durability::wal); }};
    w.begun.acquire();
    c.commit(named("a", 90), durability::none);
    std::thread second{[&] {
      c.commit(named("b", 90), durability::none); // does not fit while `a` waits
      ++queued;
    }};
    EXPECT_EQ(queued, 0);
    w.go.release(many);
    first.join();
    second.join();
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a"}, {"b"}}));
}

TEST(Committer, WhatIsWrittenMakesRoomInTheQueue) {
  fake_writer w;
  {
    committer c{std::ref(w), {.queued_bytes_max = 100}};
    for (int round = 0; round < 3; ++round) {
      std::thread first{[&] { c.commit(named("first"), durability::wal); }};
      w.begun.acquire();
      c.commit(named("a", 40), durability::none);
      c.commit(named("b", 40), durability::none); // 2 * 41 of 100 in each round: nobody waits
      w.go.release(2);
      w.begun.acquire();
      first.join();
    }
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a", "b"}, {"first"}, {"a", "b"}, {"first"}, {"a", "b"}}));
}

} // namespace
} // namespace troupe::store
