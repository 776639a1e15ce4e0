// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/advantages.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

using bytes = std::vector<std::uint8_t>;

TEST(Advantages, GroupScalesByBesselsDeviation) {
  const std::vector<double> rewards{1, 0, 0, 1}; // mean 0.5, variance 4 * 0.25 / 3
  const std::vector<std::uint32_t> sizes{4};
  const auto a = advantages(rewards, bytes{1, 1, 1, 1}, sizes, scale_rewards::group);
  const double expected = 0.5 / (std::sqrt(1.0 / 3.0) + 1e-4);
  EXPECT_DOUBLE_EQ(a[0], expected);
  EXPECT_DOUBLE_EQ(a[1], -expected);
}

TEST(Advantages, EachGroupHasItsOwnMean) {
  const std::vector<double> rewards{3, 1, 10, 20};
  const std::vector<std::uint32_t> sizes{2, 2};
  const auto a = advantages(rewards, bytes{1, 1, 1, 1}, sizes, scale_rewards::none);
  EXPECT_EQ(a, (std::vector<double>{1, -1, -5, 5}));
}

TEST(Advantages, AMemberLeftOutTouchesNoMean) {
  const std::vector<double> rewards{2, 4, 99};
  const std::vector<std::uint32_t> sizes{3};
  const auto a = advantages(rewards, bytes{1, 1, 0}, sizes, scale_rewards::none);
  EXPECT_EQ(a, (std::vector<double>{-1, 1, 0}));
}

TEST(Advantages, BatchScalesByTheWholeBatch) {
  const std::vector<double> rewards{0, 2, 4, 6}; // mean 3, squares 9 + 1 + 1 + 9 = 20, variance 20 / 3
  const std::vector<std::uint32_t> sizes{2, 2};
  const auto a = advantages(rewards, bytes{1, 1, 1, 1}, sizes, scale_rewards::batch);
  EXPECT_DOUBLE_EQ(a[3], 1.0 / (std::sqrt(20.0 / 3.0) + 1e-4));
}

TEST(Advantages, OneCountedMemberTeachesNothing) {
  const std::vector<double> rewards{1, 0};
  const std::vector<std::uint32_t> sizes{2};
  EXPECT_EQ(advantages(rewards, bytes{1, 0}, sizes, scale_rewards::group), (std::vector<double>{0, 0}));
}

TEST(BatchRewards, HoldsEveryMemberAndWhoCounts) {
  group a, b;
  a.members = {{.reward = 1.0}, {.finish = finish_reason::length, .reward = 2.0}};
  b.members = {{.reward = 3.0, .dropped = drop_reason::undecided}};
  batch_rewards batch;
  batch.add(a, true);
  batch.add(b, true);
  EXPECT_EQ(batch.rewards, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(batch.counted, (bytes{1, 0, 0}));
  EXPECT_EQ(batch.sizes, (std::vector<std::uint32_t>{2, 1}));
}

TEST(SpreadOf, IsMeanAndBesselsDeviationOfThoseThatCount) {
  const auto s = spread_of(std::vector<double>{2, 6, 99}, bytes{1, 1, 0});
  EXPECT_EQ(s.counted, 2);
  EXPECT_DOUBLE_EQ(s.mean, 4);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(8.0)); // (4 + 4) / 1
  EXPECT_EQ(spread_of(std::vector<double>{5, 7}, bytes{1, 0}).deviation, 0);
  EXPECT_EQ(spread_of({}, {}).mean, 0);
}

TEST(ZeroVariance, IgnoresMembersLeftOut) {
  EXPECT_TRUE(zero_variance(std::vector<double>{1, 1, 0}, bytes{1, 1, 0}));
  EXPECT_FALSE(zero_variance(std::vector<double>{1, 1, 0}, bytes{1, 1, 1}));
}

} // namespace
} // namespace troupe::rollout
