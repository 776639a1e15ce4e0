// SPDX-License-Identifier: Apache-2.0
#include "actors/sampling_station.hpp"
#include "runtime/error.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/small_run.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

/// Room for 4 completions of 3 tokens; version 0 of stage `rl` is published.
class Station : public ::testing::Test {
protected:
  Station() { board_->publish(grpo_stage, weights_of(0)); }

  static prompt_work work(std::uint64_t cursor) {
    return {.what = two_samples(cursor), .asked = {.task = "letters", .text = "p?"}, .sampling = {}};
  }
  static prompt_work pinned(std::uint64_t cursor, std::uint64_t version) {
    auto w = work(cursor);
    w.what.id.why = purpose::eval;
    w.what.pinned = policy_version{version};
    return w;
  }

  std::shared_ptr<model_script> model_ = std::make_shared<model_script>();
  std::shared_ptr<weights_board> board_ = std::make_shared<weights_board>();
  std::shared_ptr<activity> meter_ = std::make_shared<activity>();
  sampling_station station_{make_fake_backend(model_), board_, std::make_shared<byte_tokenizer>(), meter_, 4};
};

TEST_F(Station, SamplesComeBackWithTextLeaseAndGroup) {
  station_.accept(lease_id{6}, {work(4)});
  EXPECT_EQ(station_.pending(), 2u);
  EXPECT_TRUE(station_.run(2).empty()); // 2 of 3 tokens
  const auto done = station_.run(1);
  ASSERT_EQ(done.size(), 2u);
  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(done[i].lease, lease_id{6});
    EXPECT_EQ(to_string(done[i].of), "1t4");
    EXPECT_EQ(done[i].what, answer_ab(i));
  }
  EXPECT_EQ(station_.pending(), 0u);
  EXPECT_EQ(meter_->total().tokens, 6u); // 2 * 3
}

TEST_F(Station, MembersThatAreStoredAlreadyAreNotSampledAgain) {
  auto half = work(0);
  half.what.members[0].submitted = true;
  station_.accept(lease_id{1}, {half});
  const auto done = station_.run(3);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].what.index, 1u);
}

TEST_F(Station, NewWeightsAreTakenUpBetweenTwoSteps) {
  station_.accept(lease_id{1}, {work(0)});
  station_.run(1);
  board_->publish(grpo_stage, weights_of(1));
  const auto done = station_.run(2);
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].what.segments, (std::vector<segment>{{segment_source::policy, 0, 1, policy_version{0}},
                                                         {segment_source::policy, 1, 3, policy_version{1}}}));
}

TEST_F(Station, NewGroupsWaitForWeightsThatAreNotStaleAlready) {
  auto next = work(0);
  next.not_before = policy_version{1}; // the step that makes version 1 is committed, its weights are on their way
  station_.accept(lease_id{1}, {next});
  EXPECT_FALSE(station_.can_step());
  EXPECT_TRUE(station_.run(8).empty());
  board_->publish(grpo_stage, weights_of(1));
  EXPECT_TRUE(station_.can_step());
  EXPECT_EQ(station_.run(3).size(), 2u);
}

TEST_F(Station, PinnedWorkKeepsItsVersionWhatEverIsPublished) {
  board_->pin(grpo_stage, policy_version{0});
  station_.accept(lease_id{1}, {pinned(0, 0)});
  station_.run(1);
  board_->publish(grpo_stage, weights_of(1));
  const auto done = station_.run(2);
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].what.segments, (std::vector<segment>{{segment_source::policy, 0, 3, policy_version{0}}}));
}

TEST_F(Station, PinnedWorkOfAnotherVersionWaitsForTheOneBefore) {
  board_->pin(grpo_stage, policy_version{0});
  board_->publish(grpo_stage, weights_of(1));
  station_.accept(lease_id{1}, {pinned(0, 0)});
  station_.accept(lease_id{2}, {pinned(1, 1)});
  const auto done = station_.run(6); // 3 steps each, one after the other
  ASSERT_EQ(done.size(), 4u);
  EXPECT_EQ(done[0].lease, lease_id{1});
  EXPECT_EQ(done[0].what.segments.at(0).version, policy_version{0});
  EXPECT_EQ(done[2].lease, lease_id{2});
  EXPECT_EQ(done[2].what.segments.at(0).version, policy_version{1});
}

TEST_F(Station, PinnedWorkWaitsForAVersionThatIsNotHereAndOtherWorkGoesOn) {
  board_->publish(grpo_stage, weights_of(2));
  station_.accept(lease_id{1}, {pinned(0, 0)});
  EXPECT_FALSE(station_.can_step());
  EXPECT_TRUE(station_.run(8).empty());
  EXPECT_EQ(station_.waiting_for(), "version 0 of stage 1");
  EXPECT_EQ(board_->wanted(), (std::vector<weights_board::name>{{grpo_stage, policy_version{0}}}));
  station_.accept(lease_id{2}, {work(1)});
  station_.accept(lease_id{3}, {pinned(2, 2)});
  EXPECT_EQ(station_.waiting_for(), "");
  EXPECT_EQ(station_.run(3).size(), 4U); // two groups of 2; the one that waits is in nobody's way
  EXPECT_EQ(station_.waiting_for(), "version 0 of stage 1");
  board_->add_fetched(grpo_stage, weights_of(0));
  const auto done = station_.run(3);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].what.segments, (std::vector<segment>{{segment_source::policy, 0, 3, policy_version{0}}}));
  EXPECT_EQ(station_.waiting_for(), "");
}

TEST_F(Station, TrainWorkWaitsForWeightsThatAreNewEnough) {
  auto later = work(0);
  later.not_before = policy_version{1};
  station_.accept(lease_id{1}, {later});
  EXPECT_FALSE(station_.can_step());
  EXPECT_TRUE(station_.run(8).empty());
  board_->publish(grpo_stage, weights_of(1));
  EXPECT_TRUE(station_.can_step());
  const auto done = station_.run(3);
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].what.segments.at(0).version, policy_version{1});
}

TEST_F(Station, TrainWorkOfALaterStageWaitsForThatStage) {
  board_->publish(sft_stage, weights_of(9)); // a higher version of an earlier stage does not count
  station_.accept(lease_id{1}, {work(0)});
  EXPECT_FALSE(station_.can_step());
  board_->publish(grpo_stage, weights_of(0));
  EXPECT_TRUE(station_.can_step());
}

TEST_F(Station, WithoutAnyWeightsWorkWaits) {
  const auto empty = std::make_shared<weights_board>();
  sampling_station bare{make_fake_backend(model_), empty, std::make_shared<byte_tokenizer>(), meter_, 4};
  bare.accept(lease_id{1}, {work(0)});
  EXPECT_FALSE(bare.can_step());
  EXPECT_TRUE(bare.run(1).empty());
  EXPECT_EQ(bare.waiting_for(), "version 0 of stage 1");
  empty->publish(grpo_stage, weights_of(0));
  EXPECT_EQ(bare.run(3).size(), 2U);
}

TEST_F(Station, AnAbandonedAnswerIsGoneOnWithBySomebodyElse) {
  station_.accept(lease_id{1}, {work(0)});
  station_.accept(lease_id{2}, {work(1)});
  station_.accept(lease_id{3}, {work(2)}); // there is room for four answers: of these none has a token
  station_.run(2);
  const auto left = station_.abandon();
  EXPECT_EQ(station_.pending(), 0U);
  ASSERT_EQ(left.size(), 3U);
  EXPECT_TRUE(left.at(lease_id{3}).empty());
  const auto& partials = left.at(lease_id{2});
  ASSERT_EQ(partials.size(), 2U);
  EXPECT_EQ(to_string(partials[1].of), "1t1");
  EXPECT_EQ(partials[1].what.text, "ab");
  EXPECT_EQ(partials[1].what.finish, finish_reason::cancelled);

  auto taken_over = work(1);
  taken_over.partials = {partials[1].what}; // member 1 alone
  board_->publish(grpo_stage, weights_of(1));
  sampling_station other{make_fake_backend(model_), board_, std::make_shared<byte_tokenizer>(), meter_, 4};
  other.accept(lease_id{9}, {taken_over});
  const auto done = other.run(1);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].what.index, 1U);
  EXPECT_EQ(done[0].what.segments, (std::vector<segment>{{segment_source::policy, 0, 2, policy_version{0}},
                                                         {segment_source::policy, 2, 3, policy_version{1}}}));
  EXPECT_EQ(other.run(2).size(), 1U); // member 0, from its start
}

TEST_F(Station, LettingALeaseGoForgetsItsSamplesWhereverTheyAre) {
  board_->pin(grpo_stage, policy_version{0});
  auto later = work(2);
  later.not_before = policy_version{5};
  station_.accept(lease_id{1}, {work(0), pinned(1, 0), later, pinned(3, 9)});
  station_.accept(lease_id{2}, {work(4)});
  station_.run(1);
  EXPECT_EQ(station_.pending(), 10U); // five groups of 2
  station_.let_go(lease_id{1});
  EXPECT_EQ(station_.pending(), 2U);
  EXPECT_EQ(station_.leases(), std::set<lease_id>{lease_id{2}});
  board_->publish(grpo_stage, weights_of(5));
  const auto done = station_.run(8);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(to_string(done[0].of), "1t4");
  EXPECT_FALSE(station_.can_step());
  EXPECT_EQ(meter_->total().tokens, 6U); // what was let go costs nothing more
}

TEST_F(Station, AbandoningNamesTheLeasesAndForgetsTheWork) {
  station_.accept(lease_id{1}, {work(0), work(1)});
  station_.accept(lease_id{2}, {pinned(2, 0)});
  auto later = work(3);
  later.not_before = policy_version{5};
  station_.accept(lease_id{3}, {later});
  station_.run(1);
  std::set<lease_id> named;
  for (const auto& [lease, partials] : station_.abandon()) {
    named.insert(lease);
    EXPECT_EQ(partials.size(), lease == lease_id{1} ? 4U : lease == lease_id{2} ? 2U : 0U);
  }
  EXPECT_EQ(named, (std::set<lease_id>{lease_id{1}, lease_id{2}, lease_id{3}}));
  EXPECT_EQ(station_.pending(), 0u);
  EXPECT_TRUE(station_.leases().empty());
  EXPECT_FALSE(station_.can_step());
}

} // namespace
} // namespace troupe::actors
