// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/stage_graph.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace {

recipe of(const std::vector<std::tuple<const char*, stage_type, const char*>>& stages) {
  recipe r;
  for (const auto& [name, type, init] : stages) {
    stage_spec s;
    s.name = name;
    s.type = type;
    s.init = init;
    r.stages.push_back(s);
  }
  return r;
}

checkpoint_record checkpoint(std::uint64_t version, double validation) {
  checkpoint_record c;
  c.version = policy_version(version);
  c.folder = "step-" + std::to_string(version);
  c.validation = validation;
  return c;
}

TEST(StageGraph, WeightsComeFromTheNearestEarlierTrainingUnlessNamed) {
  const stage_graph graph(of({{"a", stage_type::sft, ""},
                              {"e", stage_type::eval, ""},
                              {"b", stage_type::grpo, ""},
                              {"s", stage_type::rejection_sampling, ""},
                              {"c", stage_type::sft, "a"},
                              {"f", stage_type::eval, ""}}));
  EXPECT_EQ(graph.parent(stage_index(0)), std::nullopt);
  EXPECT_EQ(graph.parent(stage_index(1)), stage_index(0));
  EXPECT_EQ(graph.parent(stage_index(2)), stage_index(0));
  EXPECT_EQ(graph.parent(stage_index(3)), stage_index(2));
  EXPECT_EQ(graph.parent(stage_index(4)), stage_index(0));
  EXPECT_EQ(graph.parent(stage_index(5)), stage_index(4));
}

TEST(StageGraph, TheNextStageIsTheFirstUnfinished) {
  const stage_graph graph(of({{"a", stage_type::sft, ""}, {"b", stage_type::grpo, ""}}));
  EXPECT_EQ(graph.next({}), stage_index(0));
  std::vector<stage_record> done(1);
  done[0].status = stage_status::running;
  EXPECT_EQ(graph.next(done), stage_index(0));
  done[0].status = stage_status::finished;
  EXPECT_EQ(graph.next(done), stage_index(1));
  done.push_back({stage_index(1), "b", stage_status::finished, "", ""});
  EXPECT_EQ(graph.next(done), std::nullopt);
}

TEST(DatasetsBehind, AreThoseOfTheStagesThatTrainedTheWeights) {
  auto r = of({{"a", stage_type::sft, ""},
               {"b", stage_type::sft, ""},
               {"c", stage_type::sft, "a"},
               {"s", stage_type::rejection_sampling, ""}});
  r.stages[0].data = {{.task = "addition"}, {.dataset = "first"}};
  r.stages[1].data = {{.dataset = "aside"}};
  r.stages[2].data = {{.dataset = "second"}, {.dataset = "first"}};
  EXPECT_EQ(datasets_behind(r, stage_index(3)), (std::vector<std::string>{"second", "first"}));
  EXPECT_TRUE(datasets_behind(r, stage_index(0)).empty());
}

TEST(ChooseCheckpoint, BestByValidationElseTheLast) {
  const std::vector<checkpoint_record> all = {checkpoint(20, 0.5), checkpoint(40, 0.7), checkpoint(60, 0.6)};
  EXPECT_EQ(choose_checkpoint(all, checkpoint_choice::best)->version.value, 40u);
  EXPECT_EQ(choose_checkpoint(all, checkpoint_choice::last)->version.value, 60u);
  const std::vector<checkpoint_record> unknown = {checkpoint(20, -1), checkpoint(40, -1)};
  EXPECT_EQ(choose_checkpoint(unknown, checkpoint_choice::best)->version.value, 40u);
  EXPECT_FALSE(choose_checkpoint({}, checkpoint_choice::best));
}

TEST(Expendable, NeverTheBestNorTheLast) {
  const std::vector<checkpoint_record> all = {checkpoint(20, 0.9), checkpoint(40, 0.1), checkpoint(60, 0.2),
                                              checkpoint(80, 0.3)};
  const auto given_up = expendable(all, 2);
  ASSERT_EQ(given_up.size(), 1u); // 60 and 80 stay as the last two, 20 as the best
  EXPECT_EQ(given_up[0].version.value, 40u);
  EXPECT_TRUE(expendable(all, 4).empty());
  EXPECT_EQ(expendable(all, 0).size(), 2u);
}

TEST(LearningRate, WarmsUpThenFollowsItsSchedule) {
  stage_spec s;
  s.learning_rate = 1.0;
  s.warmup_steps = 4;
  s.max_steps = 12;
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 1), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 4), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 12), 1.0);
  s.lr_scheduler_type = lr_schedule::linear;
  s.min_lr_ratio = 0.2;
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 8), 0.6); // half-way from 1 to 0.2
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 12), 0.2);
  s.lr_scheduler_type = lr_schedule::cosine;
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 8), 0.6); // cos(pi/2) = 0
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 12), 0.2);
  s.warmup_steps = 0;
  s.lr_scheduler_type = lr_schedule::constant;
  EXPECT_DOUBLE_EQ(learning_rate_at(s, 1), 1.0);
}

} // namespace
} // namespace troupe::config
