// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/packing.hpp"
#include "runtime/error.hpp"

#include <gmock/gmock.h>

namespace troupe::gpu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

training_sequence sequence(std::vector<std::int32_t> prompt, std::vector<std::int32_t> completion,
                           std::vector<std::uint8_t> mask) {
  training_sequence s;
  s.sampler_logprobs.assign(completion.size(), -1.0F);
  s.prompt = std::move(prompt);
  s.completion = std::move(completion);
  s.loss_mask = std::move(mask);
  return s;
}

packing_limits limits(std::uint32_t budget = 8192) {
  return {.vocab_size = 10, .max_position_embeddings = 16, .token_budget = budget, .needs_sampler_logprobs = true};
}

std::string refusal(const training_sequence& s) {
  try {
    pack(std::span{&s, 1}, std::vector<double>{1.0}, limits());
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    return e.what();
  }
  return "accepted";
}

TEST(Packing, LaysSequencesEndToEndAndPointsAtTheRowThatPredicts) {
  std::vector<training_sequence> batch{sequence({1, 2}, {3, 4, 5}, {1, 0, 1}), sequence({6}, {7, 8}, {1, 1})};
  batch[0].sampler_logprobs = {-0.5F, -0.25F, -0.125F};
  batch[0].advantage = 2;
  batch[1].single_version = false;
  const auto packed = pack(batch, std::vector<double>{0.5, 0.25}, limits());
  ASSERT_EQ(packed.size(), 1U);
  const auto& p = packed[0];
  // The last token of each is predicted, never read: [1 2 3 4] [6 7].
  EXPECT_THAT(p.tokens, ElementsAre(1, 2, 3, 4, 6, 7));
  EXPECT_THAT(p.positions, ElementsAre(0, 1, 2, 3, 0, 1));
  EXPECT_THAT(p.cu_seqlens, ElementsAre(0, 4, 6));
  EXPECT_THAT(p.rows,
              ElementsAre(1, 3, 4, 5)); // 2 predicts 3, 4 predicts 5 (4 itself is masked), 6 predicts 7, 7 predicts 8
  EXPECT_THAT(p.targets, ElementsAre(3, 5, 7, 8));
  EXPECT_THAT(p.weights, ElementsAre(0.5F, 0.5F, 0.25F, 0.25F));
  EXPECT_THAT(p.advantages, ElementsAre(2.0F, 2.0F, 0.0F, 0.0F));
  EXPECT_THAT(p.sampler_logprobs, ElementsAre(-0.5F, -0.125F, -1.0F, -1.0F));
  EXPECT_THAT(p.single_version, ElementsAre(1.0F, 1.0F, 0.0F, 0.0F));
  EXPECT_EQ(p.sequences(), 2U);
}

TEST(Packing, ExamplesThatNobodySampledHaveLogprobsOfZero) {
  std::vector<training_sequence> batch{sequence({1}, {2, 3}, {1, 1})};
  batch[0].sampler_logprobs.clear();
  auto as_sft = limits();
  as_sft.needs_sampler_logprobs = false;
  EXPECT_THAT(pack(batch, std::vector<double>{1.0}, as_sft).at(0).sampler_logprobs, ElementsAre(0.0F, 0.0F));
}

TEST(Packing, ReadsNothingPastTheLastCountedToken) {
  const std::vector<training_sequence> batch{sequence({1, 2}, {3, 4, 5, 6}, {1, 1, 0, 0})};
  const auto packed = pack(batch, std::vector<double>{1.0}, limits());
  EXPECT_THAT(packed.at(0).tokens, ElementsAre(1, 2, 3)); // 3 predicts 4; 5 and 6 do not count
}

TEST(Packing, FillsMicroBatchesInOrderUpToTheBudget) {
  // Each reads 2 tokens; a budget of 5 holds two of them. The fourth reads 7 and stands alone.
  std::vector<training_sequence> batch(3, sequence({1}, {2, 3}, {1, 1}));
  batch.push_back(sequence({1, 2, 3, 4, 5}, {6, 7, 8}, {1, 1, 1}));
  const auto packed = pack(batch, std::vector<double>(4, 0.25), limits(5));
  ASSERT_EQ(packed.size(), 3U);
  EXPECT_THAT(packed[0].cu_seqlens, ElementsAre(0, 2, 4));
  EXPECT_THAT(packed[1].cu_seqlens, ElementsAre(0, 2));
  EXPECT_THAT(packed[2].cu_seqlens, ElementsAre(0, 7));
}

TEST(Packing, LeavesOutSequencesWithoutACountedToken) {
  const std::vector<training_sequence> batch{sequence({1}, {2, 3}, {0, 0}), sequence({4}, {5}, {1})};
  const auto packed = pack(batch, std::vector<double>{0.0, 1.0}, limits());
  EXPECT_THAT(packed.at(0).tokens, ElementsAre(4));
  const std::vector<training_sequence> nothing{sequence({1}, {2}, {0}), sequence({1}, {}, {})};
  EXPECT_TRUE(pack(nothing, std::vector<double>{0.0, 0.0}, limits()).empty());
}

TEST(Packing, RefusesWhatItCannotTrainOnInWords) {
  EXPECT_THAT(refusal(sequence({}, {1}, {1})), HasSubstr("the prompt is empty"));
  EXPECT_THAT(refusal(sequence({1}, {2, 3}, {1})), HasSubstr("the loss mask has 1 entries for 2 completion tokens"));
  EXPECT_THAT(refusal(sequence({1}, {10}, {1})), HasSubstr("token 10 lies outside the model's vocabulary of 10"));
  EXPECT_THAT(refusal(sequence({-1}, {1}, {1})), HasSubstr("token -1 lies outside"));
  EXPECT_THAT(refusal(sequence(std::vector<std::int32_t>(16, 1), {1}, {1})),
              HasSubstr("17 tokens long, the model has 16 positions"));
  auto bare = sequence({1}, {2}, {1});
  bare.sampler_logprobs.clear();
  EXPECT_THAT(refusal(bare), HasSubstr("0 sampler log-probabilities for 1 completion tokens"));
  auto broken = sequence({1}, {2}, {1});
  broken.advantage = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(refusal(broken), HasSubstr("its advantage is not finite"));
  EXPECT_EQ(refusal(sequence({1}, {2}, {1})), "accepted");
}

TEST(TokenWeights, FollowTheThreeAggregations) {
  // 3, 1 and 0 counted tokens in 3 sequences.
  const std::vector<training_sequence> batch{sequence({1}, {2, 3, 4, 5}, {1, 1, 0, 1}), sequence({1}, {2}, {1}),
                                             sequence({1}, {2}, {0})};
  EXPECT_THAT(token_weights(batch, rollout::share_dapo, 8), ElementsAre(1.0 / 4, 1.0 / 4, 0.0));
  EXPECT_THAT(token_weights(batch, rollout::share_grpo, 8), ElementsAre(1.0 / 9, 1.0 / 3, 0.0));
  EXPECT_THAT(token_weights(batch, rollout::share_dr_grpo, 8), ElementsAre(1.0 / 24, 1.0 / 24, 0.0));
}

TEST(SplitMiniBatches, IsContiguousAndEven) {
  const std::vector<training_sequence> batch(7);
  const auto parts = split_mini_batches(batch, 3);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].size(), 2U); // [0, 2) [2, 4) [4, 7)
  EXPECT_EQ(parts[1].size(), 2U);
  EXPECT_EQ(parts[2].size(), 3U);
  EXPECT_EQ(parts[1].data(), batch.data() + 2);
  EXPECT_EQ(split_mini_batches(batch, 0).size(), 1U);
  EXPECT_EQ(split_mini_batches(std::span{batch}.first(2), 3).size(), 2U);
  EXPECT_TRUE(split_mini_batches({}, 3).empty());
}

} // namespace
} // namespace troupe::gpu
