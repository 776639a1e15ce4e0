// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/rollout/small_ledger.hpp"

namespace troupe::rollout {
namespace {

TEST(Ledger, IssuesTrainGroupsUntilTheGateShuts) {
  auto l = fresh(); // (1 + 0 + 1) * 2 = 4 groups
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(l.train_capacity(), 4 - i);
    EXPECT_EQ(issue(l).cursor, i);
  }
  EXPECT_FALSE(l.issue({.num_generations = 2}, 0));
  EXPECT_EQ(issue(l, purpose::eval).cursor, 0U) << "the gate is for train groups only";
  EXPECT_EQ(l.counts().issued, 5U);
  EXPECT_EQ(l.train_counts().issued, 4U);
}

TEST(Ledger, WalksABatchFromPromptsToTrained) {
  auto l = fresh();
  for (int i = 0; i < 3; ++i) {
    issue(l);
  }
  EXPECT_EQ(l.waiting_for(monotonic_ms{0}), "0 of 2 groups ready, 3 queued");
  generate(l);
  verify(l);
  const auto batch = l.lease_batch(learner, first_epoch);
  ASSERT_TRUE(batch.lease);
  EXPECT_EQ(cursors(batch.groups), (std::vector<std::uint64_t>{0, 1})); // lowest cursors of the three
  const auto step = l.commit_batch(learner, first_epoch, *batch.lease, policy_version{1});
  EXPECT_EQ(step.result, submit_result::created);
  EXPECT_EQ(step.groups.size(), 2U);
  EXPECT_EQ(step.groups[0].trained_at, policy_version{1});
  EXPECT_EQ(l.version(), policy_version{1});
  EXPECT_EQ(l.counts(), (group_counts{.issued = 3, .ready = 1, .trained = 2}));
  EXPECT_TRUE(l.leases().empty());
}

TEST(Ledger, SaysWhoHasTheGroupsThatAreMissingAndForHowLong) {
  auto l = fresh();
  issue(l);
  generate(l);
  l.lease_generated({.worker = "verifier-0", .holder = {2, 1}, .now = monotonic_ms{1000}}, 1);
  l.expire(monotonic_ms{1099}, 0); // leases last 100 ms: it still has it
  issue(l);
  issue(l);
  l.lease_prompts({.worker = "generator-0", .holder = {1, 1}, .now = monotonic_ms{3000}}, 1);
  l.lease_prompts({.worker = "generator-1", .holder = {1, 2}, .now = monotonic_ms{2000}}, 1);
  EXPECT_EQ(l.waiting_for(monotonic_ms{5999}), "0 of 2 groups ready, 1 verifying by verifier-0 for 4 s, 2 generating "
                                               "by generator-1 for 3 s and generator-0 for 2 s");
  EXPECT_EQ(l.waiting_for_pinned(monotonic_ms{5999}), "");
}

TEST(Ledger, SaysWhoHasTheGroupsOfAnEvaluation) {
  auto l = fresh();
  issue(l); // of no interest to who waits for the evaluation
  issue(l, purpose::eval);
  issue(l, purpose::eval);
  l.open_pinned(purpose::eval, 0, 0);
  for (int i = 0; i < 4; ++i) {
    const auto id = std::to_string(i);
    l.lease_prompts({.worker = "generator-" + id, .holder = {1, 1}, .now = monotonic_ms{i * 1000}}, 1);
    issue(l, purpose::eval);
  }
  EXPECT_EQ(l.waiting_for_pinned(monotonic_ms{9000}), "4 generating by generator-0 for 9 s and generator-1 for 8 s and "
                                                      "generator-2 for 7 s and 1 more, 2 queued");
}

TEST(Ledger, TheSameSampleTwiceChangesNothingAndAnotherIsAConflict) {
  auto l = fresh();
  const auto id = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  EXPECT_EQ(l.submit_sample(generator, lease, id, 0, sampled(0, 7)).result, submit_result::created);
  const group before = *l.find(id);
  const auto again = l.submit_sample(generator, lease, id, 0, sampled(0, 7));
  EXPECT_EQ(again.result, submit_result::exists);
  EXPECT_TRUE(again.groups.empty());
  EXPECT_EQ(l.submit_sample(generator, lease, id, 0, sampled(0, 8)).result, submit_result::conflict);
  EXPECT_EQ(*l.find(id), before);
  EXPECT_EQ(l.submit_sample(generator, lease, id, 1, sampled(0, 7)).result, submit_result::created);
  EXPECT_EQ(l.submit_sample(generator, lease, id, 1, sampled(0, 7)).result, submit_result::exists) << "lease has ended";
  EXPECT_EQ(l.submit_sample(generator, lease, id, 1, sampled(0, 9)).result, submit_result::conflict);
}

TEST(Ledger, TheSameVerdictTwiceChangesNothingAndAnotherIsAConflict) {
  auto l = fresh();
  const auto id = issue(l);
  generate(l);
  const auto lease = l.lease_generated(verifier, 1).lease;
  EXPECT_EQ(l.submit_verdict(verifier, lease, id, {verdicts()[0]}).result, submit_result::conflict) << "one of two";
  EXPECT_EQ(l.submit_verdict(verifier, lease, id, verdicts()).result, submit_result::created);
  EXPECT_EQ(l.submit_verdict(verifier, lease, id, verdicts()).result, submit_result::exists);
  EXPECT_EQ(l.submit_verdict(verifier, lease, id, verdicts(verdict_kind::correct, verdict_kind::correct)).result,
            submit_result::conflict);
}

TEST(Ledger, AZombieIsFenced) {
  auto l = fresh();
  const auto id = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  caller other = generator;
  other.holder = {9, 9};
  EXPECT_EQ(l.submit_sample(other, lease, id, 0, sampled()).result, submit_result::fenced) << "not its lease";
  EXPECT_TRUE(l.expire(monotonic_ms{99}, 0).empty());
  EXPECT_EQ(l.expire(monotonic_ms{100}, 0).size(), 1U);
  EXPECT_EQ(l.submit_sample(generator, lease, id, 0, sampled()).result, submit_result::fenced) << "back in the queue";
  const auto second = l.lease_prompts(other, 1).lease;
  EXPECT_EQ(l.submit_sample(generator, lease, id, 0, sampled()).result, submit_result::fenced) << "another's now";
  EXPECT_EQ(l.submit_sample(other, second, id, 0, sampled()).result, submit_result::created);
}

TEST(Ledger, RenewingKeepsALeasePastItsFirstDeadline) {
  auto l = fresh();
  issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  caller later = generator;
  later.now = monotonic_ms{90};
  EXPECT_TRUE(l.renew(later, lease)); // until 190
  EXPECT_TRUE(l.expire(monotonic_ms{189}, 0).empty());
  EXPECT_EQ(l.expire(monotonic_ms{190}, 0).size(), 1U);
  EXPECT_FALSE(l.renew(later, lease));
}

TEST(Ledger, RenewingTheLearnersLeaseGivesItNoDeadline) {
  auto l = fresh();
  issue(l);
  issue(l);
  generate(l);
  verify(l);
  const auto batch = l.lease_batch(learner, first_epoch);
  EXPECT_TRUE(l.renew(learner, *batch.lease));
  EXPECT_TRUE(l.expire(monotonic_ms{1000000}, 0).empty());
}

TEST(Ledger, AHandedBackGroupKeepsItsSamples) {
  auto l = fresh();
  const auto id = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  l.submit_sample(generator, lease, id, 1, sampled());
  EXPECT_EQ(l.hand_back(generator, lease, "draining").size(), 1U);
  EXPECT_EQ(l.find(id)->state, group_state::queued);
  EXPECT_TRUE(l.find(id)->members[1].submitted);
  EXPECT_TRUE(l.hand_back(generator, lease, "draining").empty());
}

TEST(Ledger, ALostWorkerLosesAllItHeld) {
  auto l = fresh();
  const auto a = issue(l);
  const auto b = issue(l);
  l.lease_prompts(generator, 1);
  l.lease_prompts(generator, 1);
  EXPECT_EQ(l.worker_lost(generator.holder, 0).size(), 2U);
  EXPECT_EQ(l.find(a)->state, group_state::queued);
  EXPECT_EQ(l.find(b)->state, group_state::queued);
}

TEST(Ledger, TheLearnerGetsTheSameBatchUntilItCommits) {
  auto l = fresh();
  for (int i = 0; i < 4; ++i) {
    issue(l);
  }
  generate(l);
  verify(l);
  const auto first = l.lease_batch(learner, first_epoch);
  const auto again = l.lease_batch(learner, first_epoch);
  EXPECT_EQ(first.lease, again.lease);
  EXPECT_EQ(first.groups, again.groups);
  EXPECT_EQ(l.commit_batch(learner, first_epoch, *first.lease, policy_version{1}).result, submit_result::created);
  const auto twice = l.commit_batch(learner, first_epoch, *first.lease, policy_version{1});
  EXPECT_EQ(twice.result, submit_result::exists);
  EXPECT_TRUE(twice.groups.empty());
  EXPECT_EQ(l.commit_batch(learner, first_epoch, *first.lease, policy_version{2}).result, submit_result::conflict);
  EXPECT_EQ(cursors(l.lease_batch(learner, first_epoch).groups), (std::vector<std::uint64_t>{2, 3}));
}

TEST(Ledger, ARestartedLearnerFencesTheOneBefore) {
  auto l = fresh();
  issue(l);
  issue(l);
  generate(l);
  verify(l);
  const auto old = l.lease_batch(learner, first_epoch);
  EXPECT_EQ(l.begin_epoch(epoch{2}, 0).size(), 2U);
  EXPECT_EQ(l.counts(), (group_counts{.issued = 2, .ready = 2}));
  EXPECT_EQ(l.commit_batch(learner, first_epoch, *old.lease, policy_version{1}).result, submit_result::fenced);
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease);
  caller next = learner;
  next.holder = {3, 2};
  const auto now = l.lease_batch(next, epoch{2});
  ASSERT_TRUE(now.lease);
  EXPECT_NE(now.lease, old.lease);
  EXPECT_EQ(l.commit_batch(learner, epoch{2}, *now.lease, policy_version{1}).result, submit_result::fenced)
      << "another incarnation than took the lease";
  EXPECT_EQ(l.commit_batch(next, epoch{2}, *now.lease, policy_version{1}).result, submit_result::created);
}

TEST(Ledger, DropsStaleGroupsAtTheLease) {
  auto l = fresh(rules(0, 2));
  issue(l);
  issue(l);
  generate(l, 0);
  verify(l);
  l.advance_version(policy_version{1}); // the samples are of version 0, the bound is 0
  const auto batch = l.lease_batch(learner, first_epoch);
  EXPECT_FALSE(batch.lease);
  EXPECT_EQ(cursors(batch.dropped), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(l.counts().dropped[static_cast<std::size_t>(drop_reason::stale)], 2U);
  EXPECT_EQ(l.train_capacity(), 4U) << "(0 + 1 + 1) * 2: a dropped group gives its place back";
}

TEST(Ledger, UndecidedMembersLeaveTheGroupAndTooFewEndIt) {
  auto l = fresh();
  const auto id = issue(l);
  generate(l);
  verify(l, verdicts(verdict_kind::correct, verdict_kind::undecided));
  EXPECT_EQ(l.find(id)->members[1].dropped, drop_reason::undecided);
  EXPECT_EQ(l.find(id)->state, group_state::dropped);
  EXPECT_EQ(l.find(id)->dropped, drop_reason::undecided);
}

TEST(Ledger, AGroupThatTeachesNothingIsFilteredOnlyWhenAsked) {
  const auto same = verdicts(verdict_kind::correct, verdict_kind::correct);
  auto kept = fresh();
  const auto a = issue(kept);
  generate(kept);
  verify(kept, same);
  EXPECT_EQ(kept.find(a)->state, group_state::ready);
  auto r = rules();
  r.filter_zero_variance = true;
  auto filtered = fresh(r);
  const auto b = issue(filtered);
  generate(filtered);
  verify(filtered, same);
  EXPECT_EQ(filtered.find(b)->dropped, drop_reason::zero_variance);
}

TEST(Ledger, AGroupOfNothingButMaskedAnswersIsTruncated) {
  const auto play = [](bool mask, finish_reason second) {
    auto r = rules();
    r.mask_truncated = mask;
    auto l = fresh(r);
    const auto id = issue(l);
    const auto work = l.lease_prompts(generator, 1);
    auto cut = sampled();
    cut.finish = finish_reason::length;
    l.submit_sample(generator, work.lease, id, 0, cut);
    cut.finish = second;
    l.submit_sample(generator, work.lease, id, 1, cut);
    verify(l);
    return *l.find(id);
  };
  EXPECT_EQ(play(true, finish_reason::length).dropped, drop_reason::truncated);
  EXPECT_EQ(play(true, finish_reason::stop).state, group_state::ready);
  EXPECT_EQ(play(false, finish_reason::length).state, group_state::ready);
}

TEST(Ledger, AnOperatorDropsWhatNobodyTrainsOn) {
  auto l = fresh();
  const auto a = issue(l);
  issue(l);
  const auto held = l.lease_prompts(generator, 2);
  EXPECT_EQ(l.drop(a, drop_reason::operator_request, 0).size(), 1U);
  EXPECT_TRUE(l.drop(a, drop_reason::operator_request, 0).empty());
  EXPECT_EQ(l.submit_sample(generator, held.lease, a, 0, sampled()).result, submit_result::fenced);
  issue(l);
  for (std::uint32_t i = 0; i < 2; ++i) {
    l.submit_sample(generator, held.lease, held.groups[1].id, i, sampled());
  }
  generate(l);
  verify(l);
  const auto batch = l.lease_batch(learner, first_epoch);
  ASSERT_TRUE(batch.lease);
  EXPECT_TRUE(l.drop(batch.groups[0].id, drop_reason::operator_request, 0).empty()) << "the learner holds it";
  EXPECT_EQ(l.commit_batch(learner, first_epoch, *batch.lease, policy_version{1}).groups.size(), 2U);
}

TEST(Ledger, RestoreVoidsEveryLease) {
  auto l = fresh(rules(3, 2)); // 8 groups
  for (int i = 0; i < 6; ++i) {
    issue(l);
  }
  generate(l);
  auto work = l.lease_generated(verifier, 4);
  for (int i = 0; i < 3; ++i) {
    l.submit_verdict(verifier, work.lease, work.groups[static_cast<std::size_t>(i)].id, verdicts());
  }
  ASSERT_TRUE(l.lease_batch(learner, first_epoch).lease); // 0, 1 leased; 2 ready; 3 verifying; 4, 5 generated
  issue(l);
  l.lease_prompts(generator, 1); // 6 generating
  issue(l);                      // 7 queued
  ledger again{lease_id{1001}};
  ledger::changes changed;
  for (const group* g : l.of(purpose::train)) {
    for (auto& c : again.restore(*g, 0)) {
      changed.push_back(std::move(c));
    }
  }
  EXPECT_EQ(cursors(changed), (std::vector<std::uint64_t>{0, 1, 3, 6}));
  again.begin_stage(rules(3, 2), policy_version{0});
  again.begin_epoch(epoch{2}, 0);
  EXPECT_EQ(again.counts(), (group_counts{.issued = 8, .pending = 5, .ready = 3}));
  EXPECT_EQ(again.counts(), again.train_counts());
  EXPECT_EQ(again.next_cursor(purpose::train), 8U);
  EXPECT_EQ(again.lease_generated(verifier, 100).groups.size(), 3U);
  EXPECT_EQ(again.lease_batch(learner, epoch{2}).lease, lease_id{1002}) << "no lease id is given twice";
}

// B = 1, max_staleness 1. Groups 0 and 1 start at version 0, so each must be leased at version 0 or 1.
TEST(LedgerWait, HoldsTheLearnerBackRatherThanAgeAGroupInFlight) {
  auto r = rules(1, 1);
  r.drop_stale = false;
  auto l = fresh(r);
  issue(l);
  issue(l);
  auto slow = l.lease_prompts(generator, 1); // group 0, being generated all the while
  caller fast = generator;
  fast.holder = {1, 2};
  auto quick = l.lease_prompts(fast, 1); // group 1
  const auto finish = [&](const caller& who, const ledger::lease_result& work, std::uint64_t version) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      l.submit_sample(who, work.lease, work.groups[0].id, i, sampled(version));
    }
    verify(l);
  };
  finish(fast, quick, 0);
  auto batch = l.lease_batch(learner, first_epoch); // group 1; group 0 still has version 1
  ASSERT_TRUE(batch.lease);
  l.commit_batch(learner, first_epoch, *batch.lease, policy_version{1});
  issue(l);
  quick = l.lease_prompts(fast, 1); // group 2, started at version 1
  finish(fast, quick, 1);
  batch = l.lease_batch(learner, first_epoch); // taking group 2 would make version 2 and age group 0
  EXPECT_FALSE(batch.lease);
  EXPECT_EQ(l.waiting_for(monotonic_ms{0}), "1 of 1 groups ready, 1 generating by generator-0 for 0 s; held back: a "
                                            "step now would leave older groups in flight past max_staleness");
  finish(generator, slow, 0);
  batch = l.lease_batch(learner, first_epoch);
  ASSERT_TRUE(batch.lease);
  EXPECT_EQ(cursors(batch.groups), (std::vector<std::uint64_t>{0}));
  EXPECT_TRUE(batch.dropped.empty());
}

} // namespace
} // namespace troupe::rollout
