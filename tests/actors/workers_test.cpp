// SPDX-License-Identifier: Apache-2.0
// Generator and verifier, message by message.
#include "actors/deadlines.hpp"
#include "actors/generator.hpp"
#include "actors/roll_call.hpp"
#include "actors/verifier.hpp"
#include "tests/actors/stage_test.hpp"

namespace troupe::actors {
namespace {

class Workers : public StageTest {
protected:
  generator_actor start_generator(std::uint32_t batch_size = 4) {
    board_->publish(stage_index{0}, std::make_shared<fake_weights>(0));
    auto station =
        std::make_shared<sampling_station>(backend_, board_, tokenizer_, std::make_shared<activity>(), batch_size);
    auto g = system_.spawn(generator, first_, buffer_, station, batch_size, failed_);
    watched_.push_back(caf::actor_cast<caf::actor>(g));
    caf::anon_send(g, pull_work{});
    return g;
  }
  verifier_actor start_verifier(judge_group judge) {
    auto v = system_.spawn(verifier, judge_, buffer_, std::move(judge), failed_);
    watched_.push_back(caf::actor_cast<caf::actor>(v));
    caf::anon_send(v, pull_work{});
    return v;
  }
  void pause() { scheduler().advance_time(deadline::idle_poll); }

  std::shared_ptr<fake_backend> backend_ = std::make_shared<fake_backend>();
  std::shared_ptr<weights_board> board_ = std::make_shared<weights_board>();
  std::shared_ptr<const text::tokenizer> tokenizer_ = std::make_shared<byte_tokenizer>();
  std::vector<std::string> failures_;
  failure_sink failed_ = [this](const std::string& who, const std::string& what) {
    failures_.push_back(who + ": " + what);
  };
};

TEST_F(Workers, AGeneratorAnswersWhatTheGateLetsOut) {
  begin();
  start_generator();
  scheduler().run();
  for (std::uint64_t cursor = 0; cursor < 4; ++cursor) { // (1 + 0 + 1) * 2
    EXPECT_EQ(state_of(cursor), group_state::generated) << cursor;
  }
  const auto s = journal_->find_sample({{stage_index{0}, purpose::train, 0, 0}, 1});
  ASSERT_TRUE(s);
  EXPECT_EQ(s->text, "aa");
  EXPECT_EQ(s->index, 1U);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(Workers, AGeneratorWithoutWorkPausesAndAsksAgain) {
  start_generator(); // no stage has begun
  scheduler().run(); // would not return if it asked without a pause
  EXPECT_FALSE(scheduler().has_job());
  begin();
  pause();
  scheduler().run();
  EXPECT_EQ(state_of(0), group_state::generated);
}

TEST_F(Workers, ADrainedGeneratorHandsBackAndAsksNoMore) {
  begin();
  backend_->length = 1000; // far from done when it is drained
  const auto g = start_generator(2);
  scheduler().run_once(); // pull_work
  scheduler().run_once(); // the buffer leases
  scheduler().run_once(); // the generator has it
  EXPECT_EQ(state_of(0), group_state::generating);
  ask<drain_reply>(g, drain_request{});
  EXPECT_EQ(state_of(0), group_state::queued);
  pause();
  scheduler().run();
  EXPECT_EQ(state_of(0), group_state::queued);
}

TEST_F(Workers, AGeneratorThatCannotSampleSaysWhy) {
  begin();
  backend_->broken = true;
  start_generator();
  scheduler().run();
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0], "generator-0: no memory for a sampler");
}

TEST_F(Workers, NewGroupsWaitForWeightsThatAreNotStaleAlready) {
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(4));
  sampling_station station{backend_, board_, tokenizer_, std::make_shared<activity>(), 4};
  prompt_work work{
      .what = {.id = {stage_index{0}, purpose::train, 0, 0}}, .asked = {.text = "q"}, .not_before = policy_version{5}};
  work.what.members.resize(1);
  station.accept(lease_id{1}, {work});
  EXPECT_FALSE(station.can_step());
  EXPECT_TRUE(station.run(8).empty());
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(5));
  EXPECT_TRUE(station.can_step());
  EXPECT_EQ(station.run(8).size(), 1U);
}

TEST_F(Workers, NewWeightsAreTakenUpBetweenTwoDecodeSteps) {
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(4));
  sampling_station station{backend_, board_, tokenizer_, std::make_shared<activity>(), 4};
  prompt_work work{.what = {.id = {stage_index{0}, purpose::train, 0, 0}}, .asked = {.text = "q"}};
  work.what.members.resize(1);
  station.accept(lease_id{1}, {work});
  EXPECT_TRUE(station.run(1).empty());
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(5));
  const auto done = station.run(8);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].what.segments, (std::vector<segment>{{segment_source::policy, 0, 1, policy_version{4}},
                                                         {segment_source::policy, 1, 3, policy_version{5}}}));
}

TEST_F(Workers, PinnedWorkKeepsItsWeights) {
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(4));
  board_->pin(stage_index{0}, policy_version{4});
  board_->publish(stage_index{0}, std::make_shared<fake_weights>(5));
  sampling_station station{backend_, board_, tokenizer_, std::make_shared<activity>(), 4};
  prompt_work work{.what = {.id = {stage_index{0}, purpose::eval, 0, 0}, .pinned = policy_version{4}},
                   .asked = {.text = "q"}};
  work.what.members.resize(1);
  station.accept(lease_id{1}, {work});
  const auto done = station.run(8);
  ASSERT_EQ(done.size(), 1U);
  ASSERT_EQ(done[0].what.segments.size(), 1U);
  EXPECT_EQ(done[0].what.segments[0].version, policy_version{4});
}

TEST_F(Workers, AVerifierJudgesWhatIsGenerated) {
  begin();
  submit_all(first_, lease(first_, 2));
  start_verifier(verdicts_on);
  scheduler().run();
  EXPECT_EQ(state_of(0), group_state::ready);
  EXPECT_EQ(state_of(1), group_state::ready);
  EXPECT_EQ(journal_->find_judgement({{stage_index{0}, purpose::train, 0, 0}, 0})->verdict, verdict_kind::correct);
  submit_all(first_, lease(first_, 1));
  EXPECT_EQ(state_of(2), group_state::generated) << "it pauses while there is nothing to judge";
  pause();
  scheduler().run();
  EXPECT_EQ(state_of(2), group_state::ready);
}

TEST_F(Workers, AVerifierWhoseJudgeFailsSaysWhy) {
  begin();
  submit_all(first_, lease(first_, 1));
  start_verifier([](const generated_group&) -> std::vector<judgement> {
    throw error{errc::failed, "the judge is ill"};
  });
  scheduler().run();
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0], "verifier-0: the judge is ill");
  EXPECT_EQ(state_of(0), group_state::verifying) << "its lease ends by time";
}

TEST_F(Workers, ADrainedVerifierTakesNothingMore) {
  begin();
  const auto v = start_verifier(verdicts_on);
  ask<drain_reply>(v, drain_request{});
  submit_all(first_, lease(first_, 1));
  pause();
  scheduler().run();
  EXPECT_EQ(state_of(0), group_state::generated);
}

TEST_F(Workers, RollCallNoticesWhoEnds) {
  const auto members = std::make_shared<roll_call>();
  const auto one = start_generator(), two = start_generator();
  members->watch(caf::actor_cast<caf::actor>(one), first_, "generator");
  members->watch(caf::actor_cast<caf::actor>(two), second_, "generator");
  EXPECT_TRUE(members->take_lost().empty());
  caf::anon_send_exit(one, caf::exit_reason::kill);
  scheduler().run();
  const auto lost = members->take_lost();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].who.name, "generator-0");
  EXPECT_EQ(lost[0].left, 1U);
  EXPECT_TRUE(members->take_lost().empty()) << "each is told once";
  members->fail("generator-1", "out of memory");
  members->fail("generator-1", "and more");
  EXPECT_EQ(members->failure(), "generator-1: out of memory");
}

} // namespace
} // namespace troupe::actors
