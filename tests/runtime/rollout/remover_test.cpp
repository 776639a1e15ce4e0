// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/remover.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

group_id at(std::uint64_t cursor) {
  return {stage_index{1}, purpose::train, cursor, 0};
}

const std::vector<candidate> some{{at(7), 0.5}, {at(2), 0.0}, {at(5), 0.3}, {at(1), 0.3}};

TEST(Remover, FifoRemovesTheOldest) {
  EXPECT_EQ(remove(remover::fifo, some, 2), (std::vector{at(1), at(2)}));
}

TEST(Remover, LowestPriorityRemovesTheSmallestAndOfEqualsTheOldest) {
  EXPECT_EQ(remove(remover::lowest_priority, some, 2), (std::vector{at(2), at(1)}));
}

TEST(Remover, NoMoreThanThereAre) {
  EXPECT_EQ(remove(remover::lowest_priority, some, 9).size(), 4u);
  EXPECT_TRUE(remove(remover::fifo, {}, 1).empty());
}

} // namespace
} // namespace troupe::rollout
