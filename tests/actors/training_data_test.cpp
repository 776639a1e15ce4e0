// SPDX-License-Identifier: Apache-2.0
#include "actors/training_data.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/small_run.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

const byte_tokenizer bytes;

std::string prompt_of(const gpu::training_sequence& s) {
  return bytes.decode(s.prompt, true);
}

TEST(TrainingData, AnExampleIsADemonstrationWithItsEndTokenAllInTheLoss) {
  const auto recipe = small_recipe();
  const auto sources = small_sources();
  training_data data{recipe, sft_stage, sources, {}, std::make_shared<byte_tokenizer>()};
  const auto s = data.example(5);
  EXPECT_EQ(prompt_of(s), "p5?");
  EXPECT_EQ(s.completion, (std::vector<std::int32_t>{'d', '5', 0}));
  EXPECT_EQ(s.loss_mask, (std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_TRUE(s.sampler_logprobs.empty());
}

TEST(TrainingData, ALimitStartsOverAfterThatManyProblems) {
  auto recipe = small_recipe();
  recipe.stages[0].data[0].limit = 2;
  const auto sources = small_sources();
  training_data data{recipe, sft_stage, sources, {}, std::make_shared<byte_tokenizer>()};
  EXPECT_EQ(prompt_of(data.example(3)), "p1?"); // 3 mod 2
}

TEST(TrainingData, DatasetRecordsAreMixedInByWeightAndRepeatable) {
  auto recipe = small_recipe();
  recipe.stages[0].data.push_back({.dataset = "kept", .weight = 1});
  const auto sources = small_sources();
  auto records = std::make_shared<std::vector<dataset_record>>();
  records->push_back({.prompt = "stored?", .completion = "yes"});
  const auto make = [&] {
    return training_data{recipe, sft_stage, sources, {{"kept", records}}, std::make_shared<byte_tokenizer>()};
  };
  auto data = make();
  EXPECT_EQ(prompt_of(data.example(0)), "p0?"); // 1 : 1, evenly spread
  EXPECT_EQ(prompt_of(data.example(1)), "stored?");
  EXPECT_EQ(prompt_of(data.example(2)), "p1?");
  EXPECT_EQ(bytes.decode(data.example(3).completion, true), std::string("yes\0", 4));
  EXPECT_EQ(prompt_of(make().example(2)), "p1?"); // no matter what was asked before
}

TEST(ToSequences, EachSampleCarriesItsAdvantage) {
  const auto recipe = small_recipe();
  const auto all = to_sequences(*two_groups(3), recipe.stages[1], bytes);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(prompt_of(all[0]), "p3?");
  EXPECT_EQ(prompt_of(all[2]), "p4?");
  EXPECT_EQ(all[0].completion, (std::vector<std::int32_t>{'a', 'b', 0}));
  EXPECT_EQ(all[0].sampler_logprobs, (std::vector<float>{-1, -1, -1}));
  // rewards 1 and 0: mean 1/2, Bessel's deviation sqrt(1/4 + 1/4) = 0.707107; 0.5 / (0.707107 + 0.0001) = 0.707007
  EXPECT_NEAR(all[0].advantage, 0.707007, 1e-6);
  EXPECT_NEAR(all[1].advantage, -0.707007, 1e-6);
}

TEST(ToSequences, DroppedMembersAreLeftOutOfMeanAndBatch) {
  const auto recipe = small_recipe();
  auto b = two_groups(0);
  for (auto& g : b->groups) { // a third member, undecided
    auto third = g.what.members[0];
    third.dropped = drop_reason::undecided;
    third.reward = 100;
    g.what.members.push_back(third);
    g.samples.push_back(answer_ab(2));
    g.judgements.push_back(judged(true));
  }
  const auto all = to_sequences(*b, recipe.stages[1], bytes);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NEAR(all[0].advantage, 0.707007, 1e-6); // as above
}

TEST(ToSequences, TruncatedCompletionsAreMaskedOnlyWhereTheRecipeSaysSo) {
  auto recipe = small_recipe();
  auto b = two_groups(0);
  b->groups[0].what.members[1].finish = finish_reason::length;
  EXPECT_EQ(to_sequences(*b, recipe.stages[1], bytes).size(), 4u);
  recipe.stages[1].mask_truncated_completions = true;
  EXPECT_EQ(to_sequences(*b, recipe.stages[1], bytes).size(), 3u);
}

TEST(ToSequences, ASampleOfTwoVersionsIsMarked) {
  const auto recipe = small_recipe();
  auto b = two_groups(0);
  b->groups[0].samples[0].segments = {{segment_source::policy, 0, 1, policy_version{0}},
                                      {segment_source::policy, 1, 3, policy_version{1}}};
  const auto all = to_sequences(*b, recipe.stages[1], bytes);
  EXPECT_FALSE(all[0].single_version);
  EXPECT_TRUE(all[1].single_version);
}

TEST(Describe, FiguresOfABatch) {
  const auto recipe = small_recipe();
  auto b = two_groups(0);
  auto& first = b->groups[0].what.members;
  auto& second = b->groups[1].what.members;
  first[0].reward = 2; // rewards 2 0 | 1 1
  second[1].reward = 1;
  first[0].num_tokens = 9; // lengths 9 3 | 3 5
  second[1].num_tokens = 5;
  second[1].finish = finish_reason::length;
  for (auto& m : first) {
    m.oldest = policy_version{3};
  }
  for (auto& m : second) {
    m.oldest = policy_version{5};
  }
  const auto f = describe(*b, recipe.stages[1], policy_version{5});
  EXPECT_DOUBLE_EQ(f.at("reward"), 1);                  // 4 / 4
  EXPECT_DOUBLE_EQ(f.at("reward_std"), std::sqrt(0.5)); // squares 6 / 4 - 1
  EXPECT_DOUBLE_EQ(f.at("accuracy"), 0.5);              // member 0 of each
  EXPECT_DOUBLE_EQ(f.at("completions/mean_length"), 5); // 20 / 4
  EXPECT_DOUBLE_EQ(f.at("completions/max_length"), 9);
  EXPECT_DOUBLE_EQ(f.at("completions/clipped_ratio"), 0.25);
  EXPECT_DOUBLE_EQ(f.at("frac_reward_zero_std"), 0.5); // the second group
  EXPECT_DOUBLE_EQ(f.at("staleness/mean"), 1);         // (2 + 0) / 2
  EXPECT_DOUBLE_EQ(f.at("staleness/max"), 2);
  EXPECT_DOUBLE_EQ(f.at("num_tokens"), 20);
  EXPECT_DOUBLE_EQ(f.at("rewards/exact/mean"), 0.5);
}

} // namespace
} // namespace troupe::actors
