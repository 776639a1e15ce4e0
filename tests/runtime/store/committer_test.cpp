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
    if (fails) {
      throw error{errc::resource_exhausted, "no space"};
    }
  }
  std::vector<std::vector<std::string>> groups; // the committer's thread alone, until it is joined
  std::vector<durability> hows;
  std::atomic<bool> fails = false;
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
    c.commit(named("a"), durability::none);
    std::thread second{[&] { c.commit(named("b"), durability::disk); }};
    w.go.release(many);
    first.join();
    second.join();
  }
  EXPECT_EQ(w.hows.front(), durability::wal);
  EXPECT_EQ(w.hows.back(), durability::disk);
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

TEST(Committer, CallersThatCameTogetherBeforeAreWaitedFor) {
  fake_writer w;
  {
    committer c{std::ref(w), {.wait_max = std::chrono::hours{24}}};
    std::thread first{[&] { c.commit(named("first"), durability::wal); }};
    w.begun.acquire();
    for (const auto* key : {"a", "b", "c"}) {
      c.commit(named(key), durability::none);
    }
    w.go.release();
    w.begun.acquire(); // a, b and c are being written
    c.commit(named("d"), durability::none);
    c.commit(named("e"), durability::none);
    w.go.release(many); // two are queued where three were: the third is waited for
    c.commit(named("f"), durability::wal);
    first.join();
  }
  EXPECT_EQ(w.groups, (std::vector<keys>{{"first"}, {"a", "b", "c"}, {"d", "e", "f"}}));
}

TEST(Committer, AnErrorReachesEveryCallerOfItsGroupAndNoOther) {
  fake_writer w;
  std::atomic<int> refused = 0;
  committer c{std::ref(w)};
  std::vector<std::thread> callers;
  std::latch started{4};
  w.fails = true;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      started.arrive_and_wait();
      try {
        c.commit(named("x"), durability::disk);
      } catch (const error& e) {
        refused += e.code() == errc::resource_exhausted ? 1 : 0;
      }
    });
  }
  w.begun.acquire();
  w.go.release(many);
  for (auto& t : callers) {
    t.join();
  }
  EXPECT_EQ(refused, 4);
  w.fails = false;
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

} // namespace
} // namespace troupe::store
