// SPDX-License-Identifier: Apache-2.0
// What is said to a buffer of another process and what it answers come out as they went in, field by field.
#include "actors/buffer_calls.hpp"
#include "tests/schema/examples.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

const worker_name who{"generator-3", {5, 6}};

template <class T>
T again(const T& said) {
  return decode_call<T>(encode(said));
}

void expect_who(const worker_name& got) {
  EXPECT_EQ(got.name, "generator-3");
  EXPECT_EQ(got.life, (incarnation{5, 6}));
}

/// A group with a sample and a verdict for each of its members.
struct filled_group {
  group what = examples::a_group();
  std::vector<sample> samples = std::vector<sample>(what.members.size(), examples::a_sample());
  std::vector<judgement> judgements = std::vector<judgement>(what.members.size(), examples::a_judgement());
};

TEST(BufferCalls, OfStagesAndEvaluations) {
  const auto begun = again(begin_stage_request{stage_index{2}, policy_version{7}});
  EXPECT_EQ(begun.stage, stage_index{2});
  EXPECT_EQ(begun.version, policy_version{7});
  const auto plan = std::make_shared<sampling_plan>(
      sampling_plan{.temperature = 0.5, .top_p = 0.25, .top_k = 3, .max_new_tokens = 9});
  const auto issued = again(issue_request{.why = purpose::collect,
                                          .from = split::heldout,
                                          .count = 11,
                                          .num_samples = 4,
                                          .pinned = policy_version{8},
                                          .evaluation = 2,
                                          .sampling = plan});
  EXPECT_EQ(issued.why, purpose::collect);
  EXPECT_EQ(issued.from, split::heldout);
  EXPECT_EQ(issued.count, 11U);
  EXPECT_EQ(issued.num_samples, 4U);
  EXPECT_EQ(issued.pinned, policy_version{8});
  EXPECT_EQ(issued.evaluation, 2U);
  EXPECT_EQ(issued.sampling->temperature, 0.5);
  EXPECT_EQ(issued.sampling->top_p, 0.25);
  EXPECT_EQ(issued.sampling->top_k, 3U);
  EXPECT_EQ(issued.sampling->max_new_tokens, 9U);
  EXPECT_EQ(again(issue_reply{12}).issued, 12U);
  const auto asked = again(evaluation_request{stage_index{3}, 5});
  EXPECT_EQ(asked.stage, stage_index{3});
  EXPECT_EQ(asked.evaluation, 5U);
  const task_result one{.problems = 1,
                        .samples = 2,
                        .correct = 3,
                        .undecided = 4,
                        .tokens = 5,
                        .part_sums = {{"exact", 0.5}, {"format", 1.5}},
                        .first = {{"2 + 2", "4", "four", verdict_kind::incorrect}}};
  const auto told = again(evaluation_reply{std::make_shared<std::map<std::string, task_result>>(
      std::map<std::string, task_result>{{"addition", one}, {"empty", {}}})});
  ASSERT_EQ(told.by_task->size(), 2U);
  const auto& got = told.by_task->at("addition");
  EXPECT_EQ((std::vector{got.problems, got.samples, got.correct, got.undecided, got.tokens}),
            (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(got.part_sums, one.part_sums);
  ASSERT_EQ(got.first.size(), 1U);
  EXPECT_EQ(got.first[0].prompt + "=" + got.first[0].completion + "=" + got.first[0].answer, "2 + 2=4=four");
  EXPECT_EQ(got.first[0].verdict, verdict_kind::incorrect);
}

TEST(BufferCalls, OfLeasesAndSamples) {
  const auto wanted = again(lease_prompts_request{who, 6});
  expect_who(wanted.who);
  EXPECT_EQ(wanted.max_groups, 6U);
  const filled_group filled;
  const prompt_work work{.what = filled.what,
                         .asked = examples::a_prompt(),
                         .sampling = {.top_k = 5},
                         .not_before = policy_version{3},
                         .partials = {examples::a_sample()}};
  const auto leased = again(lease_prompts_reply{lease_id{9}, std::make_shared<std::vector<prompt_work>>(2, work),
                                                std::chrono::milliseconds{250}});
  EXPECT_EQ(leased.lease, lease_id{9});
  EXPECT_EQ(leased.renew_every.count(), 250);
  ASSERT_EQ(leased.work->size(), 2U);
  EXPECT_EQ(leased.work->back().what, work.what);
  EXPECT_EQ(leased.work->back().asked, work.asked);
  EXPECT_EQ(leased.work->back().sampling.top_k, 5U);
  EXPECT_EQ(leased.work->back().not_before, policy_version{3});
  EXPECT_EQ(leased.work->back().partials, work.partials);
  const std::vector<sampled> samples{{lease_id{9}, examples::an_id, examples::a_sample()}};
  const auto submitted = again(submit_samples_request{who, std::make_shared<std::vector<sampled>>(samples)});
  expect_who(submitted.who);
  ASSERT_EQ(submitted.samples->size(), 1U);
  EXPECT_EQ(submitted.samples->at(0).lease, lease_id{9});
  EXPECT_EQ(submitted.samples->at(0).of, examples::an_id);
  EXPECT_EQ(submitted.samples->at(0).what, examples::a_sample());
  const auto back =
      again(hand_back_request{who, lease_id{9}, "drained", std::make_shared<std::vector<sampled>>(samples)});
  expect_who(back.who);
  EXPECT_EQ(back.lease, lease_id{9});
  EXPECT_EQ(back.why, "drained");
  EXPECT_EQ(back.partials->at(0).what, examples::a_sample());
  expect_who(again(renew_request{who, lease_id{4}}).who);
  EXPECT_EQ(again(renew_request{who, lease_id{4}}).lease, lease_id{4});
  expect_who(again(worker_lost_request{who}).who);
  EXPECT_EQ(again(write_reply{rollout::submit_result::fenced}).result, rollout::submit_result::fenced);
}

TEST(BufferCalls, OfVerdicts) {
  const auto wanted = again(lease_generated_request{who, 6});
  expect_who(wanted.who);
  EXPECT_EQ(wanted.max_groups, 6U);
  const filled_group filled;
  const auto leased =
      again(lease_generated_reply{lease_id{9},
                                  std::make_shared<std::vector<generated_group>>(
                                      std::vector{generated_group{filled.what, examples::a_prompt(), filled.samples}}),
                                  std::chrono::milliseconds{250}});
  EXPECT_EQ(leased.lease, lease_id{9});
  EXPECT_EQ(leased.renew_every.count(), 250);
  ASSERT_EQ(leased.groups->size(), 1U);
  EXPECT_EQ(leased.groups->at(0).what, filled.what);
  EXPECT_EQ(leased.groups->at(0).asked, examples::a_prompt());
  EXPECT_EQ(leased.groups->at(0).samples, filled.samples);
  const auto said =
      again(submit_verdict_request{who, std::make_shared<std::vector<judged_group>>(std::vector{
                                            judged_group{lease_id{9}, examples::an_id, filled.judgements}})});
  expect_who(said.who);
  ASSERT_EQ(said.groups->size(), 1U);
  EXPECT_EQ(said.groups->at(0).lease, lease_id{9});
  EXPECT_EQ(said.groups->at(0).of, examples::an_id);
  EXPECT_EQ(said.groups->at(0).judgements, filled.judgements);
}

TEST(BufferCalls, OfBatchesAndSteps) {
  EXPECT_EQ(again(lease_batch_request{who, epoch{3}}).learner, epoch{3});
  const filled_group filled;
  const batch made{.groups = {{filled.what, examples::a_prompt(), filled.samples, filled.judgements}},
                   .data_cursor = 21};
  const auto leased = again(lease_batch_reply{.lease = lease_id{9}, .what = std::make_shared<batch>(made)});
  EXPECT_EQ(leased.lease, lease_id{9});
  EXPECT_EQ(leased.what->data_cursor, 21U);
  EXPECT_EQ(leased.what->groups.at(0).what, filled.what);
  EXPECT_EQ(leased.what->groups.at(0).asked, examples::a_prompt());
  EXPECT_EQ(leased.what->groups.at(0).samples, filled.samples);
  EXPECT_EQ(leased.what->groups.at(0).judgements, filled.judgements);
  const auto none = again(lease_batch_reply{.waiting_for = "3 of 8 groups"});
  EXPECT_EQ(none.what, nullptr);
  EXPECT_EQ(none.waiting_for, "3 of 8 groups");
  const auto commit =
      again(commit_request{who, epoch{3}, lease_id{9}, std::make_shared<step_record>(examples::a_step())});
  expect_who(commit.who);
  EXPECT_EQ(commit.learner, epoch{3});
  EXPECT_EQ(commit.lease, lease_id{9});
  EXPECT_EQ(*commit.step, examples::a_step());
  EXPECT_EQ(again(read_batch_request{{examples::an_id, {}}}).groups, (std::vector<group_id>{examples::an_id, {}}));
  EXPECT_TRUE(again(read_batch_request{}).groups.empty());
  EXPECT_EQ(again(read_steps_request{stage_index{2}, policy_version{7}}).after, policy_version{7});
  const auto steps = again(read_steps_reply{std::make_shared<std::vector<step_record>>(2, examples::a_step())});
  EXPECT_EQ(*steps.steps, (std::vector<step_record>(2, examples::a_step())));
  EXPECT_EQ(again(begin_epoch_reply{epoch{4}}).learner, epoch{4});
}

TEST(BufferCalls, OfRecordsAndDatasets) {
  const auto history =
      again(read_history_reply{std::make_shared<std::vector<stage_record>>(1, examples::a_stage()),
                               std::make_shared<std::vector<checkpoint_record>>(1, examples::a_checkpoint())});
  EXPECT_EQ(history.stages->at(0), examples::a_stage());
  EXPECT_EQ(history.checkpoints->at(0), examples::a_checkpoint());
  const auto all = again(record_request{.checkpoint = std::make_shared<checkpoint_record>(examples::a_checkpoint()),
                                        .forgotten = {examples::a_checkpoint()},
                                        .stage = std::make_shared<stage_record>(examples::a_stage()),
                                        .learner = epoch{3}});
  EXPECT_EQ(*all.checkpoint, examples::a_checkpoint());
  EXPECT_EQ(all.forgotten, (std::vector{examples::a_checkpoint()}));
  EXPECT_EQ(*all.stage, examples::a_stage());
  EXPECT_EQ(all.learner, epoch{3});
  const auto nothing = again(record_request{});
  EXPECT_EQ(nothing.checkpoint, nullptr);
  EXPECT_EQ(nothing.stage, nullptr);
  EXPECT_EQ(nothing.learner, std::nullopt);
  EXPECT_EQ(again(read_dataset_request{"easy"}).name, "easy");
  const auto records =
      again(read_dataset_reply{std::make_shared<std::vector<dataset_record>>(1, examples::a_record())});
  EXPECT_EQ(records.records->at(0), examples::a_record());
  const auto build = again(build_dataset_request{stage_index{2}, "checkpoints/sft", policy_version{7}});
  EXPECT_EQ(build.stage, stage_index{2});
  EXPECT_EQ(build.policy_checkpoint, "checkpoints/sft");
  EXPECT_EQ(build.step, policy_version{7});
  EXPECT_EQ(*again(build_dataset_reply{std::make_shared<dataset_manifest>(examples::a_manifest())}).made,
            examples::a_manifest());
}

TEST(BufferCalls, OfOperators) {
  EXPECT_TRUE(again(progress_request{true}).explain);
  EXPECT_FALSE(again(progress_request{}).explain);
  const auto progress = again(progress_reply{3, policy_version{7}, "verdicts"});
  EXPECT_EQ(progress.unfinished_pinned, 3U);
  EXPECT_EQ(progress.version, policy_version{7});
  EXPECT_EQ(progress.waiting_for, "verdicts");
  EXPECT_EQ(again(summary_reply{"{}"}).counts, "{}");
  EXPECT_EQ(again(steer_request{.paused = true}).paused, true);
  EXPECT_EQ(again(steer_request{.paused = true}).max_staleness, std::nullopt);
  EXPECT_EQ(again(steer_request{.max_staleness = 2}).max_staleness, 2U);
  EXPECT_EQ(again(steer_request{.max_staleness = 2}).paused, std::nullopt);
  EXPECT_TRUE(again(steer_reply{true, 2}).paused);
  EXPECT_EQ(again(steer_reply{true, 2}).max_staleness, 2U);
}

} // namespace
} // namespace troupe::actors
