// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

group_id at(std::uint64_t cursor) {
  return {stage_index{1}, purpose::train, cursor, 0};
}

/// Of `versions` draws of one group out of two, how many take the second.
int second_of_two(const selector_options& how, double first_priority, double second_priority, std::uint64_t versions) {
  int n = 0;
  for (std::uint64_t v = 0; v < versions; ++v) {
    n += select(how, policy_version{v}, {{at(0), first_priority}, {at(1), second_priority}}, 1)[0] == at(1) ? 1 : 0;
  }
  return n;
}

TEST(Selector, FifoTakesTheOldest) {
  EXPECT_EQ(select({}, policy_version{3}, {{at(7)}, {at(2)}, {at(5)}}, 2), (std::vector{at(2), at(5)}));
}

TEST(Selector, UniformDependsOnSeedVersionAndSetAlone) {
  const selector_options how{.how = selector::uniform, .seed = 4};
  const auto once = select(how, policy_version{1}, {{at(0)}, {at(1)}, {at(2)}, {at(3)}}, 2);
  EXPECT_EQ(select(how, policy_version{1}, {{at(3)}, {at(1)}, {at(0)}, {at(2)}}, 2), once) << "another order";
  EXPECT_NE(ticket(4, policy_version{1}, at(0)), ticket(5, policy_version{1}, at(0)));
  EXPECT_NE(ticket(4, policy_version{1}, at(0)), ticket(4, policy_version{2}, at(0)));
  EXPECT_NEAR(second_of_two(how, 0, 9, 4000), 2000, 100) << "priorities do not count";
}

TEST(Selector, PrioritizedIsProportionalToPriorityToTheExponent) {
  selector_options how{.how = selector::prioritized, .seed = 4};
  EXPECT_NEAR(second_of_two(how, 1, 3, 4000), 3000, 100); // 3 / (1 + 3)
  how.exponent = 2;
  EXPECT_NEAR(second_of_two(how, 1, 3, 4000), 3600, 100); // 9 / (1 + 9)
  how.exponent = 0;
  EXPECT_NEAR(second_of_two(how, 1, 3, 4000), 2000, 100);
}

TEST(Selector, WhatTeachesNothingGoesLast) {
  const selector_options how{.how = selector::prioritized, .seed = 4};
  EXPECT_EQ(second_of_two(how, 0, 0.001, 50), 50);
  EXPECT_EQ(select(how, policy_version{0}, {{at(3), 0}, {at(1), 0}, {at(9), 1}}, 2), (std::vector{at(9), at(1)}));
}

TEST(Selector, TheSpreadOfRewardsIsThatOfTheMembersThatCount) {
  group g;
  g.members = {{.reward = 1}, {.reward = 3}, {.reward = 100, .dropped = drop_reason::undecided}};
  EXPECT_DOUBLE_EQ(reward_spread(g), 1); // mean 2, both 1 away
  EXPECT_EQ(reward_spread(group{}), 0);
}

} // namespace
} // namespace troupe::rollout
