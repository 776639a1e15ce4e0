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
  make_ready(l, 4);
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

// B = 2, max_staleness 2: 6 places, of which 3 for ready groups.
TEST(LedgerReplay, AFullTableMakesRoomAndCountsWhatLeftUnused) {
  auto r = rules(2, 2);
  r.max_reuse = 5;
  r.max_size = 3;
  auto l = fresh(r);
  make_ready(l, 2);
  const auto first = l.lease_batch(learner, first_epoch);
  l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  make_ready(l, 3, 1); // cursors 2 to 4
  EXPECT_EQ(l.counts(), (group_counts{.issued = 5, .ready = 3, .trained = 2})) << "0 and 1 left, used once each";
  make_ready(l, 1, 1);
  group_counts expected{.issued = 6, .ready = 3, .trained = 2};
  expected.dropped[static_cast<std::size_t>(drop_reason::evicted)] = 1;
  EXPECT_EQ(l.counts(), expected) << "2 left, never used";
}

TEST(LedgerReplay, TheLowestSpreadLeavesWhereTheRemoverSaysSo) {
  auto r = rules(2, 2);
  r.max_reuse = 5;
  r.max_size = 2;
  r.evict = remover::lowest_priority;
  auto l = fresh(r);
  const auto a = issue(l);
  issue(l);
  generate(l);
  verify(l); // spread 0.5 each
  const auto c = issue(l);
  generate(l);
  const auto work = l.lease_generated(verifier, 1);
  const auto outcome =
      l.submit_verdict(verifier, work.lease, c, verdicts(verdict_kind::correct, verdict_kind::correct));
  EXPECT_EQ(l.find(c)->state, group_state::dropped) << "spread 0: it is the one that leaves";
  EXPECT_EQ(l.find(a)->state, group_state::ready);
  ASSERT_EQ(outcome.groups.back().id, c);
  EXPECT_EQ(outcome.groups.back().dropped, drop_reason::evicted);
}

TEST(LedgerReplay, TheLearnerWaitsForNewGroupsAtItsLimitAlsoAfterARestart) {
  auto r = rules(2, 2);
  r.max_reuse = 5;
  r.max_size = 4;
  r.limit = {.samples_per_insert = 1.5};
  auto l = fresh(r);
  make_ready(l, 2);
  const auto first = l.lease_batch(learner, first_epoch); // 0 + 2 <= 1.5 * 2
  l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease); // 2 + 2 > 3
  EXPECT_EQ(l.waiting_for(monotonic_ms{0}),
            "2 of 2 groups ready; held back by samples_per_insert: 2 groups came in and were used 2 "
            "times");
  ledger again{lease_id{100}};
  for (const group* g : l.of(purpose::train)) {
    again.restore(*g, 0);
  }
  again.begin_stage(r, policy_version{1});
  again.begin_epoch(epoch{2}, 0);
  EXPECT_FALSE(again.lease_batch(learner, epoch{2}).lease);
  make_ready(again, 1, 1);
  EXPECT_TRUE(again.lease_batch(learner, epoch{2}).lease); // 2 + 2 <= 4.5
}

TEST(LedgerReplay, WhatIsEvictedUnusedStillCountsAsInserted) {
  auto r = rules(2, 2);
  r.max_reuse = 5;
  r.max_size = 2;
  r.evict = remover::lowest_priority; // new groups of no spread leave at once
  r.limit = {.samples_per_insert = 1.5};
  auto l = fresh(r);
  make_ready(l, 2);
  const auto first = l.lease_batch(learner, first_epoch);
  l.commit_batch(learner, first_epoch, first.lease.value(), policy_version{1});
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease); // 2 + 2 > 1.5 * 2
  issue(l);
  generate(l, 1);
  verify(l, verdicts(verdict_kind::correct, verdict_kind::correct));
  EXPECT_EQ(l.counts().dropped_total(), 1U);
  EXPECT_TRUE(l.lease_batch(learner, first_epoch).lease); // 2 + 2 <= 1.5 * 3
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
