// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_service.hpp"
#include "runtime/error.hpp"
#include "tests/actors/small_run.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <thread>

namespace troupe::actors {
namespace {

TEST(FullDisk, AGroupWhoseLeaseCouldNotBeWrittenGoesToTheNextWhoAsks) {
  store::volatile_disk disk;
  store::journal journal{"/store", store::open_mode::create, store::storage{&disk.env(), "boot"}};
  const auto recipe = small_recipe();
  const clock_reading at{.now = rollout::monotonic_ms{1000}, .wall_ms = 5};
  buffer_service service{journal, recipe, small_sources(), at};
  service.begin_stage({grpo_stage, policy_version{0}});
  const auto all = service.lease_prompts({first_generator, 100}, at); // the gate lets no more out
  service.hand_back({first_generator, all.lease, "drained"}, at);
  disk.limit(disk.used());
  EXPECT_THROW(service.lease_prompts({first_generator, 1}, at), error);
  EXPECT_THROW(service.settle(), error);
  disk.limit(store::volatile_disk::unlimited);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  for (bool settled = false; !settled;) { // RocksDB looks every 5 s
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    try {
      service.settle();
      settled = true;
    } catch (const error& e) {
      ASSERT_EQ(e.code(), errc::resource_exhausted) << e.what();
    }
  }
  const auto first = two_samples(0).id;
  EXPECT_EQ(journal.find_group(first)->state, group_state::queued);
  EXPECT_EQ(service.lease_prompts({second_generator, 1}, at).work->at(0).what.id, first);
}

} // namespace
} // namespace troupe::actors
