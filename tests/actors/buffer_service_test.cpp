// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_service.hpp"
#include "runtime/error.hpp"
#include "tests/actors/small_run.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace troupe::actors {
namespace {

/// On a real journal; `reopen` is what a restarted process does.
class Service : public ::testing::Test {
protected:
  Service() { open(store::open_mode::create); }
  void reopen() {
    service_.reset();
    journal_.reset();
    open(store::open_mode::existing);
  }
  void begin(stage_index stage) { service_->begin_stage({stage, policy_version{}}); }
  issue_reply issue(purpose why, std::uint64_t count) {
    return service_->issue({.why = why,
                            .from = why == purpose::eval ? split::validation : split::train,
                            .count = count,
                            .num_samples = 2,
                            .pinned = policy_version{0},
                            .evaluation = 1,
                            .sampling = std::make_shared<sampling_plan>()},
                           at_);
  }
  lease_prompts_reply sample_all() {
    auto work = service_->lease_prompts({first_generator, 100}, at_);
    auto done = std::make_shared<std::vector<sampled>>();
    for (const auto& w : *work.work) {
      for (std::uint32_t i = 0; i < 2; ++i) {
        done->push_back({work.lease, w.what.id, answer_ab(i)});
      }
    }
    service_->submit_samples({first_generator, done}, at_);
    return work;
  }
  /// Member 0 of each group is correct; member 1 is, where `second` is.
  void judge_all(bool second = false) {
    const auto work = service_->lease_generated({first_verifier, 100}, at_);
    auto said = std::make_shared<std::vector<judged_group>>();
    for (const auto& g : *work.groups) {
      said->push_back({work.lease, g.what.id, {judged(true), judged(second)}});
    }
    service_->submit_verdict({first_verifier, said}, at_);
  }

  scratch_folder folder_;
  config::recipe recipe_ = small_recipe();
  source_map sources_ = small_sources();
  clock_reading at_{.now = rollout::monotonic_ms{1000}, .wall_ms = 5};
  std::uint64_t lives_ = 0;
  std::unique_ptr<store::journal> journal_;
  std::unique_ptr<buffer_service> service_;

private:
  void open(store::open_mode mode) {
    journal_ = std::make_unique<store::journal>(folder_ / "store", mode);
    service_ = std::make_unique<buffer_service>(*journal_, recipe_, sources_, at_);
  }
};

TEST_F(Service, HandsNothingOutBeforeAStageBegins) {
  EXPECT_TRUE(service_->lease_prompts({first_generator, 4}, at_).work->empty());
  EXPECT_TRUE(service_->lease_generated({first_verifier, 4}, at_).groups->empty());
  EXPECT_EQ(service_->progress({.explain = true}, at_).waiting_for, ""); // that is no reason why nothing moves
  EXPECT_THROW(service_->progress({}, at_), error);                      // and no progress either
}

TEST_F(Service, PromptsComeFromTheMixtureInOrderWithSeedsOfTheirOwn) {
  begin(grpo_stage);
  const auto work = service_->lease_prompts({first_generator, 3}, at_);
  ASSERT_EQ(work.work->size(), 3u);
  EXPECT_EQ((*work.work)[2].asked.text, "p2?");
  EXPECT_NE((*work.work)[0].what.sampling_seed, (*work.work)[1].what.sampling_seed);
  EXPECT_EQ((*work.work)[0].what.members.size(), 2u);
}

TEST_F(Service, AfterARestartLeasesAreVoidAndTheirIdsNewAndTheOldEpochIsFenced) {
  begin(grpo_stage);
  const auto before = sample_all();
  judge_all();
  ASSERT_NE(service_->lease_batch({the_learner, epoch{1}}, at_).what, nullptr);
  reopen();
  EXPECT_EQ(journal_->find_group(two_samples(0).id)->state, group_state::ready);
  EXPECT_EQ(journal_->setting("learner_epoch"), "2");
  begin(grpo_stage);
  EXPECT_EQ(service_->lease_batch({the_learner, epoch{1}}, at_).what, nullptr);
  const auto again = service_->lease_batch({the_learner, epoch{2}}, at_);
  ASSERT_NE(again.what, nullptr);
  EXPECT_EQ(again.what->groups[0].samples[1], answer_ab(1));
  EXPECT_GT(again.lease, before.lease);
}

TEST_F(Service, WhoWaitsForABatchLearnsWhyGroupsAreUndecided) {
  begin(grpo_stage);
  sample_all();
  const auto work = service_->lease_generated({first_verifier, 1}, at_);
  const judgement none = rollout::judge_from_parts({{"own", 0, 1, verdict_kind::undecided, "timeout: not a word"}});
  service_->submit_verdict({first_verifier, std::make_shared<std::vector<judged_group>>(std::vector<judged_group>{
                                                {work.lease, work.groups->front().what.id, {none, none}}})},
                           at_);
  service_->lease_generated({first_verifier, 1}, at_);
  at_.now += rollout::monotonic_ms{59000};
  EXPECT_EQ(service_->lease_batch({the_learner, epoch{1}}, at_).waiting_for,
            "0 of 2 groups ready, 1 verifying by verifier-0 for 59 s, 2 generated; 1 groups dropped as undecided, the "
            "last by verifier-0, part own: timeout: not a word");
}

TEST_F(Service, AnEvaluationThatWaitsSaysForWhom) {
  begin(grpo_stage);
  issue(purpose::eval, 3);
  service_->lease_prompts({first_generator, 2}, at_);
  at_.now += rollout::monotonic_ms{2000};
  EXPECT_EQ(service_->progress({.explain = true}, at_).waiting_for, "2 generating by generator-0 for 2 s, 1 queued");
}

TEST_F(Service, ARecordedBatchIsReadAsItWas) {
  begin(grpo_stage);
  sample_all();
  judge_all();
  const std::vector<group_id> ids{two_samples(1).id, two_samples(0).id};
  const auto read = service_->read_batch({ids});
  ASSERT_EQ(read.what->groups.size(), 2u);
  EXPECT_EQ(read.what->groups[0].what.id, ids[0]); // in the order asked for
  EXPECT_EQ(read.what->groups[0].asked.text, "p1?");
  EXPECT_EQ(read.what->groups[0].judgements, (std::vector<judgement>{judged(true), judged(false)}));
  EXPECT_THROW(service_->read_batch({{two_samples(77).id}}), error);
}

TEST_F(Service, AnEvaluationCountsWhatItsVerdictsSaid) {
  begin(grpo_stage);
  EXPECT_EQ(issue(purpose::eval, 100).issued, 3u); // validation has no more
  EXPECT_EQ(service_->progress({}, {}).unfinished_pinned, 3u);
  sample_all();
  judge_all();
  EXPECT_EQ(service_->progress({}, {}).unfinished_pinned, 0u);
  const auto result = service_->evaluation({grpo_stage, 1}).by_task->at("letters");
  EXPECT_EQ(result.problems, 3u);
  EXPECT_EQ(result.samples, 6u);
  EXPECT_EQ(result.correct, 3u);
  EXPECT_EQ(result.undecided, 0u);
  EXPECT_EQ(result.tokens, 18u); // 6 * 3
  EXPECT_EQ(result.part_sums.at("exact"), 3);
  ASSERT_EQ(result.first.size(), 3u);
  EXPECT_EQ(result.first[1].prompt, "p1?");
  EXPECT_EQ(result.first[1].completion, "ab");
  EXPECT_EQ(result.first[1].answer, "a1");
}

TEST_F(Service, AnInterruptedEvaluationGoesOnAfterARestart) {
  begin(grpo_stage);
  issue(purpose::eval, 2);
  sample_all();
  reopen();
  begin(grpo_stage);
  const auto others = service_->lease_generated({first_verifier, 100}, at_).groups;
  EXPECT_EQ(others->size(), 4u);
  for (const auto& g : *others) {
    EXPECT_EQ(g.what.id.why, purpose::train); // the evaluation is not asked for yet: its weights may not be there
  }
  EXPECT_EQ(service_->progress({}, {}).unfinished_pinned, 2u);
  EXPECT_EQ(issue(purpose::eval, 2).issued, 0u);
  judge_all();
  EXPECT_EQ(service_->evaluation({grpo_stage, 1}).by_task->at("letters").problems, 2u);
}

TEST_F(Service, WhatADrainedWorkerHadSampledIsGoneOnWithAlsoAfterARestart) {
  begin(grpo_stage);
  const auto work = service_->lease_prompts({first_generator, 1}, at_);
  const auto id = work.work->at(0).what.id;
  auto begun = answer_ab(1);
  begun.finish = finish_reason::cancelled;
  service_->hand_back({first_generator, work.lease, "drained",
                       std::make_shared<std::vector<sampled>>(std::vector<sampled>{{work.lease, id, begun}})},
                      at_);
  EXPECT_EQ(journal_->find_group(id)->state, group_state::queued);
  reopen();
  begin(grpo_stage);
  const auto again = service_->lease_prompts({second_generator, 1}, at_);
  ASSERT_EQ(again.work->at(0).what.id, id);
  EXPECT_EQ(again.work->at(0).partials, std::vector<sample>{begun});
  EXPECT_FALSE(again.work->at(0).what.members[1].submitted);
  service_->submit_samples({second_generator, std::make_shared<std::vector<sampled>>(std::vector<sampled>{
                                                  {again.lease, id, answer_ab(0)}, {again.lease, id, answer_ab(1)}})},
                           at_);
  EXPECT_EQ(journal_->find_sample({id, 1}), answer_ab(1)); // in the place of the partial
  EXPECT_EQ(service_->lease_generated({first_verifier, 1}, at_).groups->at(0).samples.at(1), answer_ab(1));
}

TEST_F(Service, ALearnerWhoseEpochIsOverRecordsNothing) {
  begin(grpo_stage);
  const auto before = service_->begin_epoch(at_).learner;
  const auto now = service_->begin_epoch(at_).learner;
  auto saved = std::make_shared<checkpoint_record>();
  *saved = {.stage = grpo_stage, .version = policy_version{1}, .folder = "checkpoints/rl/step-000001"};
  EXPECT_THROW(service_->record({saved, {}, nullptr, before}, at_), error);
  EXPECT_TRUE(journal_->checkpoints(grpo_stage).empty());
  service_->record({saved, {}, nullptr, now}, at_);
  EXPECT_EQ(journal_->checkpoints(grpo_stage).size(), 1u);
}

TEST_F(Service, ADatasetHoldsTheCorrectSamplesAndNamesTheirSource) {
  begin(pick_stage);
  EXPECT_EQ(issue(purpose::collect, 2).issued, 2u);
  sample_all();
  judge_all();
  const auto made = service_->build_dataset({pick_stage, "checkpoints/rl/step-000004"}, at_).made;
  EXPECT_EQ(made->considered, 4u); // 2 groups of 2
  EXPECT_EQ(made->records, 2u);    // member 0 of each
  EXPECT_EQ(made->policy_checkpoint, "checkpoints/rl/step-000004");
  EXPECT_EQ(made->verifiers, std::vector<std::string>{"exact/1"});
  const auto records = *service_->read_dataset({"kept"}).records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].prompt, "p1?");
  EXPECT_EQ(records[1].completion, "ab");
  EXPECT_EQ(to_string(records[1].source.value()), "2c1/0");
  EXPECT_EQ(journal_->find_group(records[1].source->group)->state, group_state::collected);
}

TEST_F(Service, ADatasetKnowsItsStepAndTheDatasetsBehindItsPolicy) {
  recipe_.stages[0].data.push_back({.dataset = "earlier"});
  begin(pick_stage);
  issue(purpose::collect, 2);
  sample_all();
  judge_all();
  const auto made = service_->build_dataset({pick_stage, "checkpoints/rl/step-000004", policy_version{4}}, at_).made;
  EXPECT_EQ(made->step, 4u);
  EXPECT_EQ(made->parents, std::vector<std::string>{"earlier@1"});
}

TEST_F(Service, ConversationsAreToldApartInADataset) {
  sources_ = conversations();
  reopen();
  begin(pick_stage);
  issue(purpose::collect, 3);
  sample_all();
  judge_all();
  EXPECT_EQ(service_->build_dataset({pick_stage, ""}, at_).made->records, 3u); // each said "ab" to another prompt
  EXPECT_EQ((*service_->read_dataset({"kept"}).records)[2].prompt, "be brief\np2?");
}

TEST_F(Service, ACollectionKeepsToTheLimitOfItsData) {
  recipe_.stages[pick_stage.value].data[0].limit = 2;
  begin(pick_stage);
  issue(purpose::collect, 3);
  std::vector<std::uint64_t> asked;
  const auto leased = service_->lease_prompts({first_generator, 100}, at_);
  for (const auto& w : *leased.work) {
    asked.push_back(w.what.prompt_index);
  }
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{0, 1, 0}));
}

TEST_F(Service, ADatasetHoldsAnAnswerToAPromptOnce) {
  begin(pick_stage);
  issue(purpose::collect, 2);
  sample_all();
  judge_all(true);
  const auto made = service_->build_dataset({pick_stage, ""}, at_).made;
  EXPECT_EQ(made->considered, 4u);
  EXPECT_EQ(made->records, 2u); // both members of a group say "ab"
}

TEST_F(Service, ADatasetLeavesOutWhatIsBelowTheRewardAsked) {
  recipe_.stages[2].min_reward = 1.5;
  begin(pick_stage);
  issue(purpose::collect, 2);
  sample_all();
  judge_all();
  EXPECT_EQ(service_->build_dataset({pick_stage, ""}, at_).made->records, 0u);
  EXPECT_THROW(service_->read_dataset({"kept"}), error);
}

/// What a controller asks that has not noticed the restart: an answer would end its evaluation or collection at once.
TEST_F(Service, ARestartedBufferAnswersForNoStageBeforeItIsToldOfOne) {
  begin(pick_stage);
  service_->issue({.why = purpose::collect,
                   .from = split::train,
                   .count = 2,
                   .num_samples = 2,
                   .sampling = std::make_shared<sampling_plan>()},
                  at_);
  EXPECT_EQ(service_->progress({}, at_).unfinished_pinned, 2U);
  reopen();
  const auto refused = [](const auto& ask) {
    try {
      ask();
      return errc::failed;
    } catch (const error& e) {
      return e.code();
    }
  };
  EXPECT_EQ(refused([&] { service_->progress({}, at_); }), errc::unavailable);
  EXPECT_EQ(refused([&] { service_->evaluation({pick_stage, 0}); }), errc::unavailable);
  EXPECT_EQ(refused([&] { service_->build_dataset({pick_stage, "", {}}, at_); }), errc::unavailable);
  begin(pick_stage);
  EXPECT_EQ(service_->progress({}, at_).unfinished_pinned, 2U);
}

TEST_F(Service, APauseOutlivesARestartAndNothingIsLeased) {
  begin(grpo_stage);
  EXPECT_FALSE(service_->steer({}).paused);
  EXPECT_TRUE(service_->steer({.paused = true}).paused);
  EXPECT_TRUE(service_->lease_prompts({first_generator, 1}, at_).work->empty());
  reopen();
  begin(grpo_stage);
  EXPECT_TRUE(service_->steer({}).paused);
  EXPECT_TRUE(service_->lease_prompts({first_generator, 1}, at_).work->empty());
  EXPECT_FALSE(service_->steer({.paused = false}).paused);
  EXPECT_EQ(service_->lease_prompts({first_generator, 1}, at_).work->size(), 1U);
}

TEST_F(Service, ALiveStalenessIsOfItsStageAndOutlivesARestart) {
  begin(grpo_stage);
  EXPECT_EQ(service_->steer({}).max_staleness, 1U);
  EXPECT_EQ(service_->steer({.max_staleness = 3}).max_staleness, 3U);
  reopen();
  begin(grpo_stage);
  EXPECT_EQ(service_->steer({}).max_staleness, 3U);
  begin(sft_stage);
  EXPECT_THROW(service_->steer({.max_staleness = 5}), error);
}

TEST_F(Service, AFinishedStageLeavesNothingOpen) {
  begin(grpo_stage);
  sample_all();
  service_->lease_prompts({first_generator, 100}, at_);
  auto finished = std::make_shared<stage_record>();
  finished->stage = grpo_stage;
  finished->status = stage_status::finished;
  service_->record({.checkpoint = nullptr, .forgotten = {}, .stage = finished}, at_);
  EXPECT_EQ(nlohmann::json::parse(service_->summary().counts).at("pending"), 0);
  EXPECT_EQ(journal_->find_group(two_samples(0).id)->dropped, drop_reason::stale);
  EXPECT_TRUE(service_->lease_prompts({first_generator, 4}, at_).work->empty());
  EXPECT_EQ(journal_->stages().at(0).status, stage_status::finished);
}

TEST_F(Service, ASampleThatIsNotTheOneItsGroupNamesIsCorrupt) {
  begin(grpo_stage);
  sample_all();
  auto other = answer_ab(0);
  other.text = "forged";
  journal_->commit({.samples = {{{two_samples(0).id, 0}, other}}}, store::durability::wal);
  try {
    service_->lease_generated({first_verifier, 4}, at_);
    FAIL() << "it was handed out";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::corrupt);
    EXPECT_NE(std::string{e.what()}.find("1t0/0"), std::string::npos) << e.what();
  }
}

/// What a power cut leaves of two samples that were acknowledged.
std::size_t kept_after_a_power_cut(store::durability acknowledge) {
  store::volatile_disk disk;
  auto recipe = small_recipe();
  recipe.stages.at(grpo_stage.value).acknowledge = acknowledge;
  {
    store::journal journal{"/store", store::open_mode::create, store::storage{&disk.env(), "boot"}};
    const clock_reading at{.now = rollout::monotonic_ms{1000}, .wall_ms = 5};
    buffer_service service{journal, recipe, small_sources(), at};
    service.begin_stage({grpo_stage, policy_version{}});
    const auto work = service.lease_prompts({first_generator, 1}, at);
    auto samples = std::make_shared<std::vector<sampled>>();
    samples->push_back({work.lease, work.work->at(0).what.id, answer_ab(0)});
    samples->push_back({work.lease, work.work->at(0).what.id, answer_ab(1)});
    service.submit_samples({first_generator, samples}, at);
    disk.cut_power();
  }
  disk.restore_power();
  const store::journal journal{"/store", store::open_mode::existing, store::storage{&disk.env(), "next boot"}};
  std::size_t kept = 0;
  for (std::uint32_t i = 0; i < 2; ++i) {
    kept += journal.find_sample({two_samples(0).id, i}) ? 1 : 0;
  }
  return kept;
}

TEST(Acknowledge, OnDiskASampleOutlivesAPowerCut) {
  EXPECT_EQ(kept_after_a_power_cut(store::durability::disk), 2u);
  EXPECT_EQ(kept_after_a_power_cut(store::durability::wal), 0u); // as the recipe allows
}

} // namespace
} // namespace troupe::actors
