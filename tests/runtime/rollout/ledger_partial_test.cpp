// SPDX-License-Identifier: Apache-2.0
// What a drained worker has sampled and not finished.
#include "tests/runtime/rollout/small_ledger.hpp"

namespace troupe::rollout {
namespace {

member partial(std::uint64_t version = 0) {
  auto m = sampled(version);
  m.submitted = false;
  m.finish = finish_reason::cancelled;
  return m;
}

TEST(Ledger, AHandedBackGroupKeepsThePartialsOfItsHolder) {
  auto l = fresh();
  const auto id = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  l.submit_sample(generator, lease, id, 1, sampled());
  EXPECT_FALSE(l.keep_partial(generator, lease, id, 1, partial())) << "that one is finished";
  EXPECT_FALSE(l.keep_partial(generator, lease, id, 2, partial())) << "two members";
  EXPECT_FALSE(l.keep_partial(generator, lease, id, 0, partial(1))) << "a version that does not exist";
  EXPECT_FALSE(l.keep_partial(generator, lease, id, 0, {})) << "nothing was sampled";
  EXPECT_FALSE(l.keep_partial(verifier, lease, id, 0, partial())) << "somebody else's lease";
  EXPECT_TRUE(l.keep_partial(generator, lease, id, 0, sampled())) << "as whatever it comes, it is not finished";
  const auto written = l.hand_back(generator, lease, "draining");
  ASSERT_EQ(written.size(), 1U);
  EXPECT_TRUE(has_partial(written[0].members[0]));
  EXPECT_FALSE(l.keep_partial(generator, lease, id, 0, partial())) << "it was handed back";

  const auto next = l.lease_prompts({.worker = "generator-1", .holder = {1, 2}}, 1);
  ASSERT_EQ(next.groups.size(), 1U);
  EXPECT_TRUE(l.goes_on(next.groups[0], next.groups[0].members[0]));
  EXPECT_FALSE(l.goes_on(next.groups[0], next.groups[0].members[1])) << "whole";
}

TEST(Ledger, APartialThatWouldBeStaleIsBegunAnew) {
  auto l = fresh(rules(1, 1)); // max_staleness 1
  const auto old = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  ASSERT_TRUE(l.keep_partial(generator, lease, old, 0, partial(0)));
  l.hand_back(generator, lease, "draining");
  l.advance_version(policy_version{1});
  EXPECT_TRUE(l.goes_on(*l.find(old), l.find(old)->members[0]));
  l.advance_version(policy_version{2});
  EXPECT_FALSE(l.goes_on(*l.find(old), l.find(old)->members[0]));
}

TEST(Ledger, WithWaitNoCommitAgesAPartialThatIsGoneOnWith) {
  auto r = rules(1, 1);
  r.drop_stale = false;
  auto l = fresh(r);
  const auto id = issue(l);
  const auto lease = l.lease_prompts(generator, 1).lease;
  ASSERT_TRUE(l.keep_partial(generator, lease, id, 0, partial(0)));
  l.hand_back(generator, lease, "draining");
  l.advance_version(policy_version{1});
  l.lease_prompts(generator, 1); // at version 1, and yet its last use is at 0 + 1
  issue(l);
  const auto other = l.lease_prompts(generator, 1);
  ASSERT_EQ(other.groups.size(), 1U);
  for (std::uint32_t i = 0; i < 2; ++i) {
    l.submit_sample(generator, other.lease, other.groups[0].id, i, sampled(1));
  }
  verify(l);
  EXPECT_FALSE(l.lease_batch(learner, first_epoch).lease) << "version 2 would come before it is used";
}

} // namespace
} // namespace troupe::rollout
