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

TEST(WeightsBoard, CountsPublicationsEvenOfOneVersion) {
  weights_board board;
  EXPECT_EQ(board.latest_published().number, 0U);
  board.publish(first, weights_of(7));
  const auto again = weights_of(7);
  board.publish(first, again);
  EXPECT_EQ(board.latest_published().number, 2U);
  EXPECT_EQ(board.latest_published().what, again);
  board.pin(first, policy_version{7});
  board.publish(second, weights_of(0));
  EXPECT_EQ(board.all_published().size(), 2U);
}

TEST(WeightsBoard, TellsOfEachChangeUntilTheTokenGoes) {
  weights_board board;
  int told = 0;
  auto token = board.subscribe([&] { ++told; });
  board.publish(first, weights_of(0));
  board.pin(first, policy_version{0});
  board.unpin(first, policy_version{0});
  EXPECT_EQ(told, 3);
  EXPECT_EQ(board.find_or_want(first, policy_version{3}), nullptr);
  board.find_or_want(first, policy_version{3}); // known already
  EXPECT_EQ(told, 4);
  token.reset();
  board.publish(first, weights_of(1));
  EXPECT_EQ(told, 4);
}

TEST(WeightsBoard, WantsTwoVersionsAtATime) {
  weights_board board;
  board.publish(first, weights_of(9));
  EXPECT_NE(board.find_or_want(first, policy_version{9}), nullptr);
  for (const std::uint64_t v : {1, 2, 3}) {
    EXPECT_EQ(board.find_or_want(first, policy_version{v}), nullptr);
  }
  using names = std::vector<weights_board::name>;
  EXPECT_EQ(board.wanted(), (names{{first, policy_version{1}}, {first, policy_version{2}}}));
  const auto came = weights_of(1);
  board.add_fetched(first, came);
  EXPECT_EQ(board.find_or_want(first, policy_version{1}), came);
  EXPECT_EQ(board.wanted(), (names{{first, policy_version{2}}}));
}

TEST(WeightsBoard, KeepsTheTwoVersionsThatWereFetchedLast) {
  weights_board board;
  board.publish(first, weights_of(9));
  for (const std::uint64_t v : {1, 2, 1, 3}) {
    board.add_fetched(first, weights_of(v));
  }
  EXPECT_EQ(board.find(first, policy_version{2}), nullptr);
  EXPECT_NE(board.find(first, policy_version{1}), nullptr);
  EXPECT_NE(board.find(first, policy_version{3}), nullptr);
  EXPECT_EQ(board.latest()->version(), policy_version{9});
  board.forget_fetched();
  EXPECT_EQ(board.find(first, policy_version{3}), nullptr);
  EXPECT_EQ(board.all_published().size(), 1U);
}

TEST(WeightsBoard, WhatIsNotKeptCannotBePinned) {
  weights_board board;
  board.publish(first, weights_of(1));
  try {
    board.pin(first, policy_version{0});
    ADD_FAILURE() << "pinned";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unavailable);
    EXPECT_STREQ(e.what(), "stage 0 version 0 is not kept");
  }
}

} // namespace
} // namespace troupe::actors
