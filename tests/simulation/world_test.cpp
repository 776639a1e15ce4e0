// SPDX-License-Identifier: Apache-2.0
#include "tests/reliability_log.hpp"
#include "tests/simulation/world.hpp"

#include <gtest/gtest.h>

namespace troupe::simulation {
namespace {

settings of_seed(std::uint64_t seed) {
  return {.seed = seed,
          .rules = {.stage = stage_index{1},
                    .gate = {.max_staleness = static_cast<std::uint32_t>(seed % 3), .groups_per_batch = 4},
                    .drop_stale = seed % 2 == 0,
                    .filter_zero_variance = seed % 5 == 0,
                    .num_generations = 3,
                    .verdict_parts = 1,
                    .lease_time = rollout::monotonic_ms{250}}};
}

settings replay_of_seed(std::uint64_t seed) {
  auto s = of_seed(seed);
  s.rules.drop_stale = true;
  s.rules.max_reuse = static_cast<std::uint32_t>(2 + seed % 3);
  s.rules.select = {.how = static_cast<rollout::selector>(seed / 3 % 3), .seed = seed};
  if (seed % 4 == 3 && s.rules.gate.max_staleness > 0) { // a table that evicts, and at times a learner that waits
    s.rules.max_size = s.rules.gate.groups_per_batch + static_cast<std::uint32_t>(seed % 3);
    s.rules.evict = static_cast<rollout::remover>(seed / 4 % 2);
    s.rules.limit.samples_per_insert = seed % 8 == 7 ? 1.5 : 0;
  }
  return s;
}

/// TROUPE_SIM_SEEDS: how many seeds; TROUPE_SIM_FIRST: the first, to run one that failed again.
TEST(Simulation, KeepsEveryPromiseUnderFaults) {
  const auto first = size_from_environment("TROUPE_SIM_FIRST", 0);
  const auto last = first + size_from_environment("TROUPE_SIM_SEEDS", 2000);
  for (std::uint64_t seed = first; seed < last; ++seed) {
    const auto problem = world{of_seed(seed)}.run();
    ASSERT_EQ(problem, "") << "again: TROUPE_SIM_FIRST=" << seed << " TROUPE_SIM_SEEDS=1";
  }
  log_reliability("simulation, faults, seeds", last - first, 0, 0, 0);
}

TEST(Simulation, KeepsEveryPromiseWithReplayTables) {
  const auto first = size_from_environment("TROUPE_SIM_FIRST", 0);
  const auto last = first + size_from_environment("TROUPE_SIM_SEEDS", 2000);
  std::uint64_t used_again = 0;
  for (std::uint64_t seed = first; seed < last; ++seed) {
    world w{replay_of_seed(seed)};
    ASSERT_EQ(w.run(), "") << "again: TROUPE_SIM_FIRST=" << seed << " TROUPE_SIM_SEEDS=1";
    used_again += w.used_again();
  }
  if (last - first > 10) {
    EXPECT_GT(used_again, last - first) << "hardly any group was used twice";
  }
  log_reliability("simulation, faults, replay tables, seeds", last - first, 0, 0, 0);
}

TEST(Simulation, WithoutFaultsNothingIsLostToStaleness) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto s = of_seed(seed);
    s.faults = false;
    s.lag = false;
    s.rules.drop_stale = false;
    world w{s};
    ASSERT_EQ(w.run(), "");
    EXPECT_EQ(w.counts().dropped[static_cast<std::size_t>(drop_reason::stale)], 0U) << "seed " << seed;
  }
}

/// Leases end and groups age on the monotonic clock alone.
TEST(Simulation, AWallClockThatJumpsChangesNothing) {
  const auto seeds = size_from_environment("TROUPE_SIM_SEEDS", 2000) / 10;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    auto jumping = of_seed(seed);
    jumping.clock_jumps = true;
    world steady{of_seed(seed)}, jumps{jumping};
    ASSERT_EQ(jumps.run(), "") << "seed " << seed;
    ASSERT_EQ(steady.run(), "");
    ASSERT_EQ(jumps.counts(), steady.counts()) << "seed " << seed;
  }
  log_reliability("simulation, faults, wall clock jumps, seeds", seeds, 0, 0, 0);
}

TEST(Simulation, TheSameSeedGivesTheSameRun) {
  world a{of_seed(7)};
  world b{of_seed(7)};
  ASSERT_EQ(a.run(), b.run());
  EXPECT_EQ(a.counts(), b.counts());
}

} // namespace
} // namespace troupe::simulation
