// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/rollout/small_ledger.hpp"

/// Tables from which a group may be consumed more than once.
namespace troupe::rollout {
namespace {

// B = 2, max_staleness 1: 4 places. Every group may be consumed twice.
TEST(LedgerReplay, AGroupGoesBackUntilItsLastUse) {
  auto r = rules();
  r.max_reuse = 2;
  auto l = fresh(r);
  for (int i = 0; i < 4; ++i) {
    issue(l);
  }
  generate(l);
  verify(l);
  const auto first = l.lease_batch(learner, first_epoch);
  auto step = l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  EXPECT_EQ(step.groups[0].state, group_state::ready);
  EXPECT_EQ(step.groups[0].uses, 1U);
  EXPECT_EQ(l.commit_batch(learner, first_epoch, *first.lease, policy_version{1}).result, submit_result::exists);
  EXPECT_EQ(l.counts(), (group_counts{.issued = 4, .ready = 4}));
  EXPECT_EQ(l.train_capacity(), 0U) << "a group holds its place until its last use";
  const auto second = l.lease_batch(learner, first_epoch);
  EXPECT_EQ(cursors(second.groups), (std::vector<std::uint64_t>{0, 1})) << "fifo: the oldest first";
  step = l.commit_batch(learner, first_epoch, second.lease.value(), policy_version{2});
  EXPECT_EQ(step.groups[1].state, group_state::trained);
  EXPECT_EQ(step.groups[1].uses, 2U);
  EXPECT_EQ(step.groups[1].trained_at, policy_version{2});
  EXPECT_EQ(l.train_capacity(), 2U);
}

TEST(LedgerReplay, TheStalenessBoundHoldsAtEveryUse) {
  auto r = rules(0, 2);
  r.max_reuse = 5;
  auto l = fresh(r);
  const auto a = issue(l);
  issue(l);
  generate(l);
  verify(l);
  const auto first = l.lease_batch(learner, first_epoch);
  l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease) << "sampled at version 0, now 1, bound 0";
  EXPECT_EQ(l.find(a)->state, group_state::trained) << "it was consumed, so it is not dropped";
  EXPECT_EQ(l.counts(), (group_counts{.issued = 2, .trained = 2}));
}

TEST(LedgerReplay, WhatAnOperatorTakesOutAfterAUseIsTrained) {
  auto r = rules();
  r.max_reuse = 2;
  auto l = fresh(r);
  const auto a = issue(l);
  issue(l);
  generate(l);
  verify(l);
  const auto first = l.lease_batch(learner, first_epoch);
  l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  l.drop(a, drop_reason::operator_request, 0);
  EXPECT_EQ(l.find(a)->state, group_state::trained);
}

TEST(Ledger, AStepWithoutGroupsSentTwiceExists) {
  auto l = fresh();
  EXPECT_EQ(l.commit_empty(policy_version{1}), submit_result::created);
  EXPECT_EQ(l.commit_empty(policy_version{1}), submit_result::exists);
  EXPECT_EQ(l.commit_empty(policy_version{3}), submit_result::conflict);
  EXPECT_EQ(l.version(), policy_version{1});
}

} // namespace
} // namespace troupe::rollout
