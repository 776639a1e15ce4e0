// SPDX-License-Identifier: Apache-2.0
#include "actors/checkpoint.hpp"
#include "actors/learner.hpp"
#include "tests/actors/stage_test.hpp"

namespace troupe::actors {
namespace {

class Learner : public StageTest {
protected:
  Learner() {
    auto parts = std::make_shared<learner_parts>();
    parts->recipe = &recipe_;
    parts->backend = backend_;
    parts->board = board_;
    parts->tokenizer = std::make_shared<byte_tokenizer>();
    parts->meter = std::make_shared<activity>();
    parts->sources = sources_;
    parts->run_folder = folder_;
    parts->tokenizer_folder = folder_ + "/tokenizer";
    parts->present = epoch{1};
    parts->who = learner_;
    std::filesystem::create_directories(parts->tokenizer_folder);
    std::ofstream{parts->tokenizer_folder + "/tokenizer.json"} << "{}";
    actor_ = system_.spawn(learner, std::shared_ptr<const learner_parts>{parts}, buffer_);
    watched_.push_back(caf::actor_cast<caf::actor>(actor_));
  }
  void make_ready() {
    submit_all(first_, lease(first_, 2));
    judge_all();
  }
  step_reply step() { return ask<step_reply>(actor_, step_request{std::chrono::milliseconds{0}}); }
  void load(policy_version at = {}, payload<std::vector<step_record>> replay = nullptr) {
    ask<load_stage_reply>(actor_,
                          load_stage_request{.stage = stage_index{0}, .version = at, .replay = std::move(replay)});
  }

  std::shared_ptr<fake_backend> backend_ = std::make_shared<fake_backend>();
  std::shared_ptr<weights_board> board_ = std::make_shared<weights_board>();
  learner_actor actor_;
};

TEST_F(Learner, PublishesWhatItLoadsAndWhatItTrains) {
  load();
  EXPECT_EQ(board_->latest()->version(), policy_version{0});
  begin();
  make_ready();
  const auto reply = step();
  ASSERT_TRUE(reply.stepped) << reply.waiting_for;
  EXPECT_EQ(reply.version, policy_version{1});
  EXPECT_EQ(board_->latest()->version(), policy_version{1});
  EXPECT_EQ(backend_->batches, (std::vector<std::size_t>{4})); // 2 groups of 2
  EXPECT_EQ(reply.figures->at("accuracy"), 0.5);
  EXPECT_EQ(reply.figures->at("logprob_gap_max"), 0);
  EXPECT_EQ(state_of(0), group_state::trained);
}

TEST_F(Learner, WithoutABatchSaysWhatItWaitsFor) {
  load();
  begin();
  const auto reply = step();
  EXPECT_FALSE(reply.stepped);
  EXPECT_EQ(reply.waiting_for, "0 of 2 groups ready");
  EXPECT_TRUE(backend_->batches.empty());
}

TEST_F(Learner, AFencedCommitPublishesNothing) {
  load();
  begin();
  make_ready();
  service_ = std::make_shared<buffer_service>(*journal_, recipe_, sources_, epoch{2}, clock_); // another life took over
  auto other = system_.spawn(buffer, service_, clock_source{[this] { return clock_; }});
  watched_.push_back(caf::actor_cast<caf::actor>(other));
  open(epoch{3});
  EXPECT_THROW(step(), error) << "its buffer is gone";
  EXPECT_EQ(board_->latest()->version(), policy_version{0});
}

TEST_F(Learner, TrainsRecordedStepsAgainInOrderAndPublishesOnce) {
  load();
  begin();
  make_ready();
  ASSERT_TRUE(step().stepped);
  submit_all(first_, lease(first_, 2));
  judge_all();
  ASSERT_TRUE(step().stepped);
  backend_->batches.clear();
  load({}, std::make_shared<std::vector<step_record>>(journal_->steps(stage_index{0})));
  EXPECT_EQ(backend_->batches, (std::vector<std::size_t>{4, 4}));
  EXPECT_EQ(board_->latest()->version(), policy_version{2});
  EXPECT_EQ(journal_->steps(stage_index{0}).size(), 2U) << "replaying commits nothing";
}

TEST_F(Learner, ACheckpointIsWholeBeforeItsRecordNamesIt) {
  load();
  begin();
  make_ready();
  ASSERT_TRUE(step().stepped);
  const auto written = ask<checkpoint_reply>(actor_, checkpoint_request{}).written;
  EXPECT_EQ(written->folder, "checkpoints/rl/step-000001");
  const auto recorded = journal_->checkpoints(stage_index{0});
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_EQ(recorded[0], *written);
  const auto folder = folder_ + "/" + written->folder;
  EXPECT_EQ(manifest_hash(folder), written->manifest_hash);
  EXPECT_TRUE(std::filesystem::exists(folder + "/tokenizer.json"));
  std::ofstream{folder + "/model.safetensors"} << "after 2 batches";
  EXPECT_NE(manifest_hash(folder), written->manifest_hash) << "a changed byte";
}

TEST_F(Learner, WhatNoRecordNamesIsDiscarded) {
  const auto parent = folder_ + "/checkpoints/rl";
  for (const char* name : {"step-000001", "step-000002", "step-000003.part"}) {
    std::filesystem::create_directories(parent + "/" + name);
  }
  discard_uncommitted(folder_, "rl", {{.version = policy_version{1}, .folder = "checkpoints/rl/step-000001"}});
  EXPECT_TRUE(std::filesystem::exists(parent + "/step-000001"));
  EXPECT_FALSE(std::filesystem::exists(parent + "/step-000002"));
  EXPECT_FALSE(std::filesystem::exists(parent + "/step-000003.part"));
}

} // namespace
} // namespace troupe::actors
