// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_board.hpp"
#include "tests/actors/fake_model.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

constexpr stage_index first{0}, second{1};

TEST(WeightsBoard, IsEmptyBeforeTheFirstVersion) {
  const weights_board board;
  EXPECT_EQ(board.latest(), nullptr);
  EXPECT_EQ(board.find(first, policy_version{0}), nullptr);
}

TEST(WeightsBoard, KeepsTheLatestVersionOnly) {
  weights_board board;
  const auto newer = weights_of(1);
  board.publish(first, weights_of(0));
  board.publish(first, newer);
  EXPECT_EQ(board.latest(), newer);
  EXPECT_EQ(board.find(first, policy_version{1}), newer);
  EXPECT_EQ(board.find(first, policy_version{0}), nullptr);
}

TEST(WeightsBoard, KeepsAPinnedVersionUntilItIsUnpinned) {
  weights_board board;
  const auto pinned = weights_of(0);
  board.publish(first, pinned);
  board.pin(first, policy_version{0});
  board.publish(first, weights_of(1));
  board.publish(first, weights_of(2));
  EXPECT_EQ(board.find(first, policy_version{0}), pinned);
  EXPECT_EQ(board.find(first, policy_version{1}), nullptr);
  board.unpin(first, policy_version{0});
  EXPECT_EQ(board.find(first, policy_version{0}), nullptr);
}

TEST(WeightsBoard, UnpinningTheLatestKeepsIt) {
  weights_board board;
  const auto only = weights_of(0);
  board.publish(first, only);
  board.pin(first, policy_version{0});
  board.unpin(first, policy_version{0});
  EXPECT_EQ(board.latest(), only);
}

TEST(WeightsBoard, VersionsOfTwoStagesAreNotTheSame) {
  weights_board board;
  board.publish(first, weights_of(0));
  board.pin(first, policy_version{0});
  const auto other = weights_of(0);
  board.publish(second, other);
  EXPECT_EQ(board.stage(), second);
  EXPECT_EQ(board.find(second, policy_version{0}), other);
  EXPECT_NE(board.find(first, policy_version{0}), other);
}

TEST(WeightsBoardDeathTest, PinningWhatIsNotKeptIsABug) {
  weights_board board;
  board.publish(first, weights_of(1));
  EXPECT_DEATH(board.pin(first, policy_version{0}), "stage 0 version 0 is not kept");
}

} // namespace
} // namespace troupe::actors
