// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_service.hpp"
#include "tests/actors/small_run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace troupe::actors {
namespace {

/// Stage `rl`, a step a call, with a limit of one second and a clock that the test moves.
class ServiceRetention : public ::testing::Test {
protected:
  ServiceRetention() {
    recipe_.retention.max_age_s = 1;
    open(store::open_mode::create);
    begin();
  }
  void reopen() {
    service_.reset();
    journal_.reset();
    open(store::open_mode::existing);
    begin();
  }
  void begin() {
    record(stage_status::running);
    service_->begin_stage({grpo_stage, policy_version{step_}});
  }
  void record(stage_status status) {
    service_->record({nullptr, {}, std::make_shared<stage_record>(stage_record{grpo_stage, "rl", status, "", ""})},
                     at_);
  }
  static checkpoint_record checkpoint(std::uint64_t step) {
    return {.stage = grpo_stage, .version = policy_version{step}, .folder = "rl/" + std::to_string(step)};
  }
  void save_checkpoint(std::uint64_t step) {
    service_->record({std::make_shared<checkpoint_record>(checkpoint(step)), {}, nullptr}, at_);
  }
  void give_up_checkpoint(std::uint64_t step) { service_->record({nullptr, {checkpoint(step)}, nullptr}, at_); }
  /// Groups 2 * step and the one after it, trained.
  void take_step() {
    const auto work = service_->lease_prompts({first_generator, 2}, at_);
    auto done = std::make_shared<std::vector<sampled>>();
    auto said = std::make_shared<std::vector<judged_group>>();
    for (const auto& w : *work.work) {
      done->push_back({work.lease, w.what.id, answer_ab(0, step_)});
      done->push_back({work.lease, w.what.id, answer_ab(1, step_)});
    }
    service_->submit_samples({first_generator, done}, at_);
    const auto generated = service_->lease_generated({first_verifier, 2}, at_);
    for (const auto& g : *generated.groups) {
      said->push_back({generated.lease, g.what.id, {judged(true), judged(false)}});
    }
    service_->submit_verdict({first_verifier, said}, at_);
    const auto leased = service_->lease_batch({the_learner, epoch{lives_}}, at_);
    ASSERT_NE(leased.what, nullptr) << leased.waiting_for;
    auto step = std::make_shared<step_record>(
        step_record{.stage = grpo_stage, .version = policy_version{++step_}, .data_cursor = 2 * step_});
    for (const auto& g : leased.what->groups) {
      step->groups.push_back(g.what.id);
    }
    service_->commit({the_learner, epoch{lives_}, leased.lease, step}, at_);
  }
  bool is_whole(std::uint64_t cursor) const {
    const auto id = two_samples(cursor).id;
    const bool forgotten = journal_->find_group(id)->forgotten_ms != 0;
    for (std::uint32_t i = 0; i < 2; ++i) {
      EXPECT_EQ(journal_->find_sample({id, i}).has_value(), !forgotten) << cursor;
      EXPECT_EQ(journal_->find_judgement({id, i}).has_value(), !forgotten) << cursor;
    }
    EXPECT_EQ(journal_->find_prompt(id).has_value(), !forgotten) << cursor;
    return !forgotten;
  }
  std::uint64_t whole() const {
    std::uint64_t n = 0;
    for (std::uint64_t cursor = 0; cursor < 2 * step_; ++cursor) {
      n += is_whole(cursor) ? 1 : 0;
    }
    return n;
  }

  scratch_folder folder_;
  config::recipe recipe_ = small_recipe();
  clock_reading at_{.now = rollout::monotonic_ms{1000}, .wall_ms = 1000};
  std::uint64_t lives_ = 0;
  std::uint64_t step_ = 0;
  std::unique_ptr<store::journal> journal_;
  std::unique_ptr<buffer_service> service_;

private:
  void open(store::open_mode mode) {
    journal_ = std::make_unique<store::journal>(folder_ / "store", mode);
    ++lives_;
    service_ = std::make_unique<buffer_service>(*journal_, recipe_, small_sources(), at_);
  }
};

TEST_F(ServiceRetention, ForgetsWhatIsOldOnceTheOldestCheckpointCoversIt) {
  take_step();
  take_step();
  at_.wall_ms += 5000;
  take_step();
  EXPECT_EQ(whole(), 6u); // no checkpoint yet
  save_checkpoint(2);
  EXPECT_EQ(whole(), 2u);
  EXPECT_FALSE(is_whole(3));
  EXPECT_EQ(journal_->find_group(two_samples(0).id)->forgotten_ms, 6000);
  at_.wall_ms += 5000;
  save_checkpoint(3);
  EXPECT_EQ(whole(), 2u); // the one of step 2 may have to do
  EXPECT_EQ(service_->read_batch({{two_samples(4).id, two_samples(5).id}}).what->groups.size(), 2u);
  give_up_checkpoint(2);
  EXPECT_EQ(whole(), 0u);
}

TEST_F(ServiceRetention, AFinishedStageNeedsNothingThatItsLastCheckpointCovers) {
  take_step();
  save_checkpoint(1);
  take_step();
  save_checkpoint(2);
  at_.wall_ms += 5000;
  record(stage_status::running);
  EXPECT_EQ(whole(), 2u); // those of step 2
  record(stage_status::finished);
  EXPECT_EQ(whole(), 0u);
}

TEST_F(ServiceRetention, GoesOnInTheNextLifeWithWhatWasDueBefore) {
  take_step();
  save_checkpoint(1);
  take_step();
  EXPECT_EQ(whole(), 4u); // young
  at_.wall_ms += 5000;
  reopen();
  EXPECT_EQ(whole(), 2u);
  EXPECT_TRUE(journal_->verify().empty());
  reopen();
  EXPECT_EQ(whole(), 2u);
  take_step(); // what is forgotten is never handed out or leased again
  EXPECT_EQ(nlohmann::json::parse(service_->summary().counts).at("trained"), 6);
}

TEST_F(ServiceRetention, NeverForgetsWhatADatasetNamesNorWhatIsOnItsWay) {
  take_step();
  save_checkpoint(1);
  store::write made; // as troupectl's import writes it
  made.dataset = dataset_manifest{.name = "mine", .records = 1};
  made.records = {{"mine", {0, sample_id{two_samples(1).id, 0}, "letters", "p1?", "ab", "a1", 1}}};
  journal_->commit(made, store::durability::disk);
  service_->lease_prompts({first_generator, 2}, at_); // 2 and 3
  at_.wall_ms += 5000;
  reopen();
  EXPECT_FALSE(is_whole(0));
  EXPECT_TRUE(is_whole(1));
  EXPECT_TRUE(journal_->find_prompt(two_samples(2).id));
  record(stage_status::finished);
  at_.wall_ms += 5000;
  record(stage_status::finished);
  EXPECT_TRUE(is_whole(1));
  EXPECT_FALSE(journal_->find_prompt(two_samples(2).id)); // dropped with the end of its stage
}

TEST_F(ServiceRetention, BytesAreCountedFromWhatWasStored) {
  take_step();
  // prompt 64 + "letters" 7 + "p0?" 3 + "a0" 2, samples 2 * (64 + 3 * 9 + 32 + 2), judgements 2 * (64 + 32 + 5)
  const auto bytes = journal_->find_group(two_samples(0).id)->payload_bytes;
  EXPECT_GE(bytes, 528u);
  EXPECT_LT(bytes, 600u);
}

} // namespace
} // namespace troupe::actors
