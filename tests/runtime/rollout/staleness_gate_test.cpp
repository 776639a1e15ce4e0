// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/staleness_gate.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

TEST(StalenessGate, BlocksUntilTheLearnerCatchesUp) {
  const staleness_gate gate{{.max_staleness = 1, .groups_per_batch = 4}};
  EXPECT_EQ(gate.capacity(policy_version{0}, {}), 8); // (1 + 0 + 1) * 4
  EXPECT_EQ(gate.capacity(policy_version{0}, {.issued = 8, .pending = 8}), 0);
  EXPECT_EQ(gate.capacity(policy_version{1}, {.issued = 8, .pending = 4, .trained = 4}), 4); // (1 + 1 + 1) * 4 - 8
}

TEST(StalenessGate, ADroppedGroupGivesItsPlaceBack) {
  const staleness_gate gate{{.max_staleness = 0, .groups_per_batch = 4}};
  group_counts counts{.issued = 4, .pending = 3};
  counts.dropped[static_cast<std::size_t>(drop_reason::zero_variance)] = 1;
  EXPECT_EQ(gate.capacity(policy_version{0}, counts), 1);
}

TEST(StalenessGate, TheOldestSegmentOfAnySampleCounts) {
  group g;
  g.members = {{.submitted = true, .oldest = policy_version{5}},
               {.submitted = true, .oldest = policy_version{3}},
               {.submitted = false, .oldest = policy_version{0}}};
  EXPECT_EQ(staleness_gate::staleness(g, policy_version{6}), 3); // 6 - 3; the one not submitted does not count
  EXPECT_EQ(staleness_gate::staleness(g.members[0], policy_version{1000}), 1000 - g.members[0].oldest.value);
  EXPECT_EQ(staleness_gate::staleness(g.members[0], policy_version{0}), 0); // sampled by a version to come
  const staleness_gate gate{{.max_staleness = 2, .groups_per_batch = 1}};
  EXPECT_FALSE(gate.too_old(g, policy_version{5}));
  EXPECT_TRUE(gate.too_old(g, policy_version{6}));
  EXPECT_EQ(gate.last_use(policy_version{3}), policy_version{5}); // 3 + 2
}

TEST(StalenessGate, WhatTheOldestUsableVersionSampledIsNotTooOld) {
  const staleness_gate gate{{.max_staleness = 2, .groups_per_batch = 1}};
  EXPECT_EQ(gate.oldest_usable(policy_version{7}), policy_version{5}); // 7 - 2
  EXPECT_EQ(gate.oldest_usable(policy_version{1}), policy_version{0}); // there is none before
  group g;
  g.members = {{.submitted = true, .oldest = gate.oldest_usable(policy_version{7})}};
  EXPECT_FALSE(gate.too_old(g, policy_version{7}));
}

} // namespace
} // namespace troupe::rollout
