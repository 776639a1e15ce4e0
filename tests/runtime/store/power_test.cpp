// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"
#include "tests/reliability_log.hpp"
#include "tests/runtime/store/oracle.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <vector>

/// Writers commit numbered transitions to a disk that forgets what was not synced; its power is cut in the middle.
namespace troupe::store {
namespace {

constexpr int writers = 3;
constexpr int cuts_a_store = 10;

struct run {
  std::mutex mutex;
  std::set<std::uint64_t> acknowledged;
  std::atomic<std::uint64_t> next = 0;
};

/// Commits until the power fails; the cut comes after `enough` acknowledgements.
void write_until_cut(journal& j, volatile_disk& disk, run& r, std::size_t enough, durability how) {
  std::vector<std::thread> threads;
  const std::size_t goal = r.acknowledged.size() + enough;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back([&] {
      try {
        while (true) {
          const std::uint64_t n = r.next++;
          j.commit(oracle::transition_of(n), how);
          const std::lock_guard hold{r.mutex};
          r.acknowledged.insert(n);
          if (r.acknowledged.size() == goal) {
            disk.cut_power();
          }
        }
      } catch (const error& e) {
        EXPECT_EQ(e.code(), errc::resource_exhausted) << e.what();
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
}

/// TROUPE_POWER_CYCLES: how many cuts.
oracle::findings cut_again_and_again(std::uint64_t cycles, durability how, bool torn_writes) {
  oracle::findings all;
  std::unique_ptr<volatile_disk> disk;
  std::unique_ptr<run> r;
  for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (cycle % cuts_a_store == 0) {
      disk = std::make_unique<volatile_disk>();
      r = std::make_unique<run>();
    }
    const auto boot = [&](std::uint64_t n) { return storage{&disk->env(), "boot " + std::to_string(n)}; };
    {
      journal j{"/store", open_mode::create, boot(2 * cycle)};
      write_until_cut(j, *disk, *r, 1 + cycle * 37 % 150, how);
    }
    disk->restore_power(torn_writes ? cycle + 1 : 0);
    const journal j{"/store", open_mode::create, boot(2 * cycle + 1)};
    all.add(oracle::examine(j, r->acknowledged, r->next));
    const auto damaged = j.verify();
    EXPECT_TRUE(damaged.empty()) << damaged.front();
  }
  return all;
}

void expect_nothing_lost(const std::string& name, bool torn_writes) {
  const auto cycles = size_from_environment("TROUPE_POWER_CYCLES", 50);
  const auto found = cut_again_and_again(cycles, durability::disk, torn_writes);
  EXPECT_EQ(found.lost, 0U);
  EXPECT_EQ(found.duplicated, 0U);
  EXPECT_EQ(found.torn, 0U);
  log_reliability(name, cycles, found.lost, found.duplicated, found.torn);
}

TEST(PowerCut, LosesNothingAcknowledgedByDisk) {
  expect_nothing_lost("store, power cut, disk", false);
}

TEST(PowerCut, LosesNothingWhenUnsyncedWritesAreTorn) {
  expect_nothing_lost("store, power cut with torn writes, disk", true);
}

/// The same test with a weaker promise loses: the disk does forget, and the test does see it. What is left is whole.
TEST(PowerCut, LosesWhatIsAcknowledgedByWalOnly) {
  const auto found = cut_again_and_again(5, durability::wal, false);
  EXPECT_GT(found.lost, 0U);
  EXPECT_EQ(found.torn, 0U);
}

} // namespace
} // namespace troupe::store
