// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/group_counts.hpp"
#include "runtime/rollout/lease_table.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

constexpr incarnation first_life{1, 1};
constexpr incarnation second_life{1, 2};

group_id train(std::uint64_t cursor) {
  return {stage_index{0}, purpose::train, cursor, 0};
}

TEST(LeaseTable, IsFencedByTheIncarnationThatTookTheLease) {
  lease_table table{lease_id{10}};
  const auto id = table.grant("generator-0", first_life, {train(0)}, monotonic_ms{40}, monotonic_ms{100}).id;
  EXPECT_EQ(id, lease_id{10});
  EXPECT_NE(table.find(id, first_life), nullptr);
  EXPECT_EQ(table.find(id, second_life), nullptr);
  EXPECT_FALSE(table.renew(id, second_life, monotonic_ms{500}));
}

TEST(LeaseTable, EndsAtItsDeadlineUnlessRenewed) {
  lease_table table{lease_id{1}};
  const auto a = table.grant("a", first_life, {train(0)}, monotonic_ms{40}, monotonic_ms{100}).id;
  const auto b = table.grant("b", second_life, {train(1)}, monotonic_ms{40}, monotonic_ms{100}).id;
  table.grant("learner", first_life, {train(2)}, monotonic_ms{40}, std::nullopt); // ends by epoch only
  EXPECT_TRUE(table.expire(monotonic_ms{99}).empty());
  EXPECT_TRUE(table.renew(b, second_life, monotonic_ms{200}));
  const auto ended = table.expire(monotonic_ms{100});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].id, a);
  EXPECT_FALSE(table.renew(a, first_life, monotonic_ms{300}));
  EXPECT_EQ(table.expire(monotonic_ms{1000000}).size(), 1U);
  EXPECT_EQ(table.all().size(), 1U);
}

TEST(LeaseTable, EndsWithItsLastGroup) {
  lease_table table{lease_id{1}};
  const auto id = table.grant("a", first_life, {train(0), train(1)}, monotonic_ms{40}, monotonic_ms{100}).id;
  table.settle(id, train(0));
  EXPECT_EQ(table.find(id, first_life)->groups, std::vector{train(1)});
  table.settle(id, train(1));
  EXPECT_EQ(table.find(id, first_life), nullptr);
}

TEST(LeaseTable, ReleasesAllOfALostWorker) {
  lease_table table{lease_id{1}};
  table.grant("a", first_life, {train(0)}, monotonic_ms{40}, monotonic_ms{100});
  table.grant("b", second_life, {train(1)}, monotonic_ms{40}, monotonic_ms{100});
  table.grant("a", first_life, {train(2)}, monotonic_ms{40}, monotonic_ms{100});
  EXPECT_EQ(table.release(first_life).size(), 2U);
  EXPECT_EQ(table.all().size(), 1U);
}

TEST(GroupCounts, AddUpAfterEveryMove) {
  group_counts counts;
  group g{.id = train(0)};
  counts.add(g);
  group next = g;
  next.state = group_state::ready;
  counts.move(g, next);
  EXPECT_EQ(counts, (group_counts{.issued = 1, .ready = 1}));
  g = next;
  next.state = group_state::dropped;
  next.dropped = drop_reason::stale;
  counts.move(g, next);
  EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop_reason::stale)], 1U);
  EXPECT_EQ(counts.dropped_total(), 1U);
  EXPECT_TRUE(counts.conserved());
  counts.pending = 1;
  EXPECT_FALSE(counts.conserved());
}

} // namespace
} // namespace troupe::rollout
