// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/rollout/small_ledger.hpp"

/// Where stages begin and end, and the pinned work within them.
namespace troupe::rollout {
namespace {

TEST(LedgerStage, AnotherStageHasItsOwnCursorsGateAndWork) {
  auto l = fresh();
  issue(l);
  auto next = rules();
  next.stage = stage_index{2};
  l.begin_stage(next, policy_version{0});
  EXPECT_EQ(l.train_capacity(), 4U);
  EXPECT_EQ(l.lease_prompts(generator, 10).groups.size(), 0U) << "the old stage's work is over";
  EXPECT_EQ(issue(l), (group_id{stage_index{2}, purpose::train, 0, 0}));
  EXPECT_EQ(l.counts().issued, 2U);
  EXPECT_EQ(l.train_counts().issued, 1U);
}

TEST(LedgerStage, PinnedWorkIsUnfinishedUntilItIsJudged) {
  auto l = fresh();
  EXPECT_EQ(l.unfinished_pinned(), 0U);
  issue(l, purpose::eval);
  issue(l, purpose::collect);
  issue(l); // train: pinned to nothing
  l.open_pinned(purpose::eval, 0, 0);
  l.open_pinned(purpose::collect, 0, 0);
  EXPECT_EQ(l.unfinished_pinned(), 2U);
  generate(l);
  EXPECT_EQ(l.unfinished_pinned(), 2U);
  verify(l);
  EXPECT_EQ(l.unfinished_pinned(), 0U);
}

TEST(LedgerStage, AFinishedStageLeavesNothingOpen) {
  auto l = fresh(); // 2 a batch, staleness 1: 4 may be issued
  issue(l);
  issue(l);
  generate(l);
  verify(l);
  const auto batch = l.lease_batch(learner, first_epoch);
  ASSERT_TRUE(batch.lease);
  l.commit_batch(learner, first_epoch, *batch.lease, policy_version{1});
  issue(l);
  generate(l);
  verify(l); // 2 is ready
  issue(l);  // 3 is being sampled
  const auto work = l.lease_prompts(generator, 1);
  issue(l); // 4 is queued
  EXPECT_TRUE(l.end_stage(stage_index{0}, 0).empty()) << "another stage's";
  EXPECT_EQ(cursors(l.end_stage(stage_index{1}, 0)), (std::vector<std::uint64_t>{2, 3, 4}));
  group_counts after{.issued = 5, .trained = 2};
  after.dropped[static_cast<std::size_t>(drop_reason::stale)] = 3;
  EXPECT_EQ(l.counts(), after);
  EXPECT_EQ(l.submit_sample(generator, work.lease, work.groups[0].id, 0, sampled()).result, submit_result::fenced);
  EXPECT_TRUE(l.leases().empty());
}

TEST(LedgerStage, EvalAndCollectGoBeforeTrain) {
  auto l = fresh();
  issue(l);
  issue(l, purpose::collect);
  issue(l, purpose::eval);
  l.open_pinned(purpose::eval, 0, 0);
  l.open_pinned(purpose::collect, 0, 0);
  const auto work = l.lease_prompts(generator, 2);
  ASSERT_EQ(work.groups.size(), 2U);
  EXPECT_EQ(work.groups[0].id.why, purpose::eval);
  EXPECT_EQ(work.groups[1].id.why, purpose::collect);
}

TEST(LedgerStage, EvalIsScoredAndCollectWaitsForItsDataset) {
  auto l = fresh();
  const auto eval = issue(l, purpose::eval);
  const auto collect = issue(l, purpose::collect);
  l.open_pinned(purpose::eval, 0, 0);
  l.open_pinned(purpose::collect, 0, 0);
  generate(l);
  verify(l);
  EXPECT_EQ(l.find(eval)->state, group_state::scored);
  EXPECT_EQ(l.find(collect)->state, group_state::ready);
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease);
  EXPECT_EQ(l.collect(std::vector{collect, eval}, 0).size(), 1U);
  EXPECT_EQ(l.find(collect)->state, group_state::collected);
  EXPECT_TRUE(l.collect(std::vector{collect}, 0).empty()) << "a second time changes nothing";
}

TEST(LedgerStage, PinnedWorkOfAnEarlierLifeWaitsUntilItIsOpened) {
  auto before = fresh();
  const auto eval = issue(before, purpose::eval);
  const auto collect = issue(before, purpose::collect);
  ledger l{lease_id{100}};
  l.restore(*before.find(eval), 0);
  l.restore(*before.find(collect), 0);
  l.begin_stage(rules(), policy_version{0});
  EXPECT_TRUE(l.lease_prompts(generator, 10).groups.empty()) << "nobody has pinned their weights yet";
  l.open_pinned(purpose::collect, 0, 0);
  EXPECT_EQ(l.lease_prompts(generator, 10).groups.at(0).id, collect);
  EXPECT_TRUE(l.open_pinned(purpose::eval, 0, 0).empty()) << "the evaluation goes on";
  EXPECT_EQ(l.lease_prompts(generator, 10).groups.at(0).id, eval);
}

TEST(LedgerStage, AnotherEvaluationDropsWhatAnInterruptedOneLeft) {
  auto l = fresh();
  l.open_pinned(purpose::eval, 0, 0);
  const auto old = issue(l, purpose::eval);
  const auto dropped = l.open_pinned(purpose::eval, 1, 0);
  ASSERT_EQ(dropped.size(), 1U);
  EXPECT_EQ(dropped[0].id, old);
  EXPECT_EQ(dropped[0].dropped, drop_reason::failed);
  EXPECT_TRUE(l.lease_prompts(generator, 10).groups.empty());
}

} // namespace
} // namespace troupe::rollout
