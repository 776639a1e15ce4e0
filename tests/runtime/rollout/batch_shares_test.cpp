// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/batch_shares.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace troupe::rollout {
namespace {

using numbers = std::vector<std::uint64_t>;
using ranks_of = std::vector<std::uint32_t>;

numbers loads(const numbers& tokens, const ranks_of& rank_of, std::uint32_t ranks) {
  numbers load(ranks, 0);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    load.at(rank_of[i]) += tokens[i];
  }
  return load;
}

TEST(BatchShares, TheLargestGroupGoesFirstToTheLightestRank) {
  // 9 -> rank 0; 8 -> rank 1; 4 -> rank 1 (8 < 9); 3 -> rank 0 (9 < 12); 2 -> rank 0 (12 = 12, the first)
  const numbers tokens{3, 8, 2, 9, 4};
  EXPECT_EQ(share_groups(tokens, 2), (ranks_of{0, 1, 0, 0, 1}));
  EXPECT_EQ(loads(tokens, share_groups(tokens, 2), 2), (numbers{14, 12}));
}

TEST(BatchShares, EqualGroupsAreDealtInTheirOrder) {
  EXPECT_EQ(share_groups(numbers{5, 5, 5, 5, 5}, 2), (ranks_of{0, 1, 0, 1, 0}));
  EXPECT_EQ(share_groups(numbers{5, 5}, 1), (ranks_of{0, 0}));
}

TEST(BatchShares, FewerGroupsThanRanksLeaveRanksWithoutOne) {
  EXPECT_EQ(share_groups(numbers{1, 7}, 3), (ranks_of{1, 0}));
  EXPECT_EQ(share_groups(numbers{}, 3), ranks_of{});
}

TEST(BatchShares, EachPartIsSharedOutByItself) {
  // as a whole, 8 and 7 would part company: here each half is {8, 7} and {1, 1}
  EXPECT_EQ(share_groups(numbers{8, 7, 1, 1}, 2, 2), (ranks_of{0, 1, 0, 1}));
  EXPECT_EQ(share_groups(numbers{8, 1, 1, 7}, 2, 2), (ranks_of{0, 1, 1, 0}));
  EXPECT_EQ(share_groups(numbers{4}, 2, 3), (ranks_of{0})); // parts without a group
}

TEST(BatchShares, AnyBatchIsSharedOutWholeAndInBalance) {
  std::mt19937_64 random{20};
  for (int round = 0; round < 500; ++round) {
    const auto ranks = static_cast<std::uint32_t>(1 + random() % 8);
    numbers tokens(random() % 40);
    for (auto& t : tokens) {
      t = random() % 3 == 0 ? 0 : random() % 2000;
    }
    const auto rank_of = share_groups(tokens, ranks);
    ASSERT_EQ(rank_of.size(), tokens.size());
    ASSERT_EQ(rank_of, share_groups(tokens, ranks)); // the same for whoever asks
    const auto load = loads(tokens, rank_of, ranks);
    const auto [least, most] = std::minmax_element(load.begin(), load.end());
    const auto largest = tokens.empty() ? 0 : *std::max_element(tokens.begin(), tokens.end());
    ASSERT_LE(*most - *least, largest) << "round " << round;
    const auto parts = static_cast<std::uint32_t>(1 + random() % 5);
    const auto by_part = share_groups(tokens, ranks, parts);
    ASSERT_EQ(by_part.size(), tokens.size());
    const auto in_parts = loads(tokens, by_part, ranks);
    const auto [low, high] = std::minmax_element(in_parts.begin(), in_parts.end());
    ASSERT_LE(*high - *low, parts * largest) << "round " << round;
  }
}

} // namespace
} // namespace troupe::rollout
