// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/ledger.hpp"

#include <gtest/gtest.h>
#include <random>

namespace troupe::rollout {
namespace {

caller who(const char* name, std::uint64_t life, std::int64_t ms = 0) {
  return {.worker = name, .holder = {0, life}, .now = monotonic_ms{ms}, .wall_ms = ms};
}

ledger::stage_rules rules(std::uint32_t staleness, std::uint32_t groups) {
  return {.stage = stage_index{1},
          .gate = {.max_staleness = staleness, .groups_per_batch = groups},
          .num_generations = 2,
          .lease_time = monotonic_ms{1000}};
}

ledger opened(std::uint32_t staleness = 1, std::uint32_t groups = 2) {
  ledger l{lease_id{1}};
  l.begin_epoch(epoch{1}, 0);
  l.begin_stage(rules(staleness, groups), policy_version{0});
  return l;
}

ledger::issue_request train() { return {.task = "addition", .num_generations = 2}; }

member filled(std::uint64_t version, std::uint64_t checksum = 7) {
  return {.submitted = true, .num_tokens = 3, .oldest = policy_version{version}, .newest = policy_version{version},
          .checksum = checksum};
}

std::vector<judgement> verdicts(double first, double second) {
  return {{.verdict = verdict_kind::correct, .reward = first}, {.verdict = verdict_kind::incorrect, .reward = second}};
}

/// Issues, samples and judges one group; it is ready afterwards.
group_id make_ready(ledger& l, std::uint64_t version) {
  EXPECT_TRUE(l.issue(train(), 0).has_value());
  const auto work = l.lease_prompts(who("generator", 1), 1);
  const auto id = work.groups.at(0).id;
  EXPECT_EQ(l.submit_sample(who("generator", 1), work.lease, id, 0, filled(version)).result, submit_result::created);
  EXPECT_EQ(l.submit_sample(who("generator", 1), work.lease, id, 1, filled(version)).result, submit_result::created);
  const auto judged = l.lease_generated(who("verifier", 2), 1);
  EXPECT_EQ(l.submit_verdict(who("verifier", 2), judged.lease, id, verdicts(1, 0)).result, submit_result::created);
  EXPECT_EQ(l.find(id)->state, group_state::ready);
  return id;
}

TEST(Ledger, TheGateShutsAtItsBound) {
  auto l = opened(1, 2);
  for (int i = 0; i < 4; ++i) { // (1 + 0 + 1) * 2
    EXPECT_TRUE(l.issue(train(), 0).has_value());
  }
  EXPECT_FALSE(l.issue(train(), 0).has_value());
}

TEST(Ledger, ABatchIsLeasedOnceAndCommittedOnce) {
  auto l = opened();
  const auto a = make_ready(l, 0), b = make_ready(l, 0);
  const auto first = l.lease_batch(who("learner", 3), epoch{1});
  ASSERT_TRUE(first.lease.has_value());
  const auto again = l.lease_batch(who("learner", 3), epoch{1});
  EXPECT_EQ(again.lease, first.lease);
  EXPECT_EQ(again.groups, first.groups);
  const auto done = l.commit_batch(who("learner", 3), epoch{1}, *first.lease, policy_version{1});
  EXPECT_EQ(done.result, submit_result::created);
  EXPECT_EQ(l.find(a)->trained_at, policy_version{1});
  EXPECT_EQ(l.find(b)->state, group_state::trained);
  EXPECT_EQ(l.commit_batch(who("learner", 3), epoch{1}, *first.lease, policy_version{2}).result, submit_result::fenced);
}

TEST(Ledger, AnOlderEpochIsFenced) {
  auto l = opened();
  make_ready(l, 0);
  make_ready(l, 0);
  const auto old = l.lease_batch(who("learner", 3), epoch{1});
  l.begin_epoch(epoch{2}, 0);
  EXPECT_EQ(l.commit_batch(who("learner", 3), epoch{1}, *old.lease, policy_version{1}).result, submit_result::fenced);
  EXPECT_TRUE(l.lease_batch(who("learner", 4), epoch{2}).lease.has_value());
}

TEST(Ledger, SubmittingTwiceChangesNothing) {
  auto l = opened();
  l.issue(train(), 0);
  const auto work = l.lease_prompts(who("generator", 1), 1);
  const auto id = work.groups.at(0).id;
  l.submit_sample(who("generator", 1), work.lease, id, 0, filled(0, 7));
  const auto same = l.submit_sample(who("generator", 1), work.lease, id, 0, filled(0, 7));
  EXPECT_EQ(same.result, submit_result::exists);
  EXPECT_TRUE(same.groups.empty());
  EXPECT_EQ(l.submit_sample(who("generator", 1), work.lease, id, 0, filled(0, 8)).result, submit_result::conflict);
}

TEST(Ledger, AnExpiredLeaseFencesItsHolder) {
  auto l = opened();
  l.issue(train(), 0);
  const auto work = l.lease_prompts(who("generator", 1, 0), 1);
  const auto id = work.groups.at(0).id;
  EXPECT_TRUE(l.expire(monotonic_ms{999}, 0).empty());
  EXPECT_EQ(l.expire(monotonic_ms{1000}, 0).size(), 1u);
  EXPECT_EQ(l.find(id)->state, group_state::queued);
  EXPECT_EQ(l.submit_sample(who("generator", 1), work.lease, id, 0, filled(0)).result, submit_result::fenced);
}

TEST(Ledger, AStaleGroupIsDroppedAtTheLeaseAndGivesItsPlaceBack) {
  auto l = opened(0, 1);
  make_ready(l, 0);
  l.begin_stage(rules(0, 1), policy_version{1}); // the learner is one version ahead
  const auto batch = l.lease_batch(who("learner", 3), epoch{1});
  EXPECT_FALSE(batch.lease.has_value());
  ASSERT_EQ(batch.dropped.size(), 1u);
  EXPECT_EQ(batch.dropped[0].dropped, drop_reason::stale);
  EXPECT_EQ(l.train_capacity(), 2u); // (0 + 1 + 1) * 1 - 0
}

TEST(Ledger, EvaluationsAreNeverTrained) {
  auto l = opened(1, 1);
  auto request = train();
  request.why = purpose::eval;
  request.pinned = policy_version{0};
  l.issue(request, 0);
  const auto work = l.lease_prompts(who("generator", 1), 9);
  const auto id = work.groups.at(0).id;
  l.submit_sample(who("generator", 1), work.lease, id, 0, filled(0));
  l.submit_sample(who("generator", 1), work.lease, id, 1, filled(0));
  const auto judged = l.lease_generated(who("verifier", 2), 1);
  l.submit_verdict(who("verifier", 2), judged.lease, id, verdicts(1, 0));
  EXPECT_EQ(l.find(id)->state, group_state::scored);
  EXPECT_FALSE(l.lease_batch(who("learner", 3), epoch{1}).lease.has_value());
}

TEST(Ledger, RestoringVoidsLeases) {
  auto l = opened();
  l.issue(train(), 0);
  const auto leased = l.lease_prompts(who("generator", 1), 1).groups.at(0);
  ledger reopened{lease_id{100}};
  const auto changed = reopened.restore(leased, 5);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].state, group_state::queued);
  EXPECT_EQ(changed[0].lease, lease_id{});
  EXPECT_EQ(reopened.counts().pending, 1u);
}

/// Random workers; the law must hold after every call, and no trained sample may be older than the bound.
TEST(Ledger, ConservationUnderRandomOperations) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::minstd_rand random{seed};
    const std::uint32_t staleness = seed % 3;
    auto l = opened(staleness, 2);
    std::uint64_t version = 0;
    std::vector<std::pair<lease_id, group_id>> sampling, judging;
    for (int i = 0; i < 300; ++i) {
      switch (random() % 6) {
      case 0:
        l.issue(train(), i);
        break;
      case 1:
        if (const auto w = l.lease_prompts(who("generator", 1, i), 2); w.lease.value != 0) {
          for (const auto& g : w.groups) {
            sampling.emplace_back(w.lease, g.id);
          }
        }
        break;
      case 2:
        if (!sampling.empty()) {
          const auto [lease, id] = sampling[random() % sampling.size()];
          l.submit_sample(who("generator", 1, i), lease, id, random() % 2, filled(version));
        }
        break;
      case 3:
        if (const auto w = l.lease_generated(who("verifier", 2, i), 1); w.lease.value != 0) {
          l.submit_verdict(who("verifier", 2, i), w.lease, w.groups[0].id, verdicts(random() % 2, random() % 2));
        }
        break;
      case 4:
        if (const auto b = l.lease_batch(who("learner", 3, i), epoch{1}); b.lease) {
          for (const auto& g : b.groups) {
            EXPECT_LE(staleness_gate::staleness(g, policy_version{version}), staleness) << "seed " << seed;
          }
          l.commit_batch(who("learner", 3, i), epoch{1}, *b.lease, policy_version{++version});
        }
        break;
      default:
        random() % 20 == 0 ? l.worker_lost({0, 1}, i) : l.expire(monotonic_ms{i}, i);
      }
      ASSERT_TRUE(l.counts().conserved()) << "seed " << seed << " call " << i;
    }
    EXPECT_GT(l.counts().issued, 0u);
  }
}

} // namespace
} // namespace troupe::rollout
