// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/hf_folder.hpp"
#include "gpu/sampling/torch_sampler.hpp"
#include "gpu/training/torch_trainer.hpp"
#include "runtime/error.hpp"

#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <limits>

namespace troupe::gpu {
namespace {

using testing::HasSubstr;

const optimizer_options plain{.learning_rate = 1e-2};

model_shape small_shape() {
  return {.hidden_size = 32,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .intermediate_size = 64,
          .vocab_size = 11,
          .max_position_embeddings = 32,
          .initializer_range = 0.2};
}

std::shared_ptr<const flat_weights> small_weights() {
  return std::make_shared<flat_weights>(policy_version{}, small_shape(), initial_weights(small_shape(), 7));
}

std::unique_ptr<trainer> small_trainer(const std::string& folder = {}, bool deterministic = false) {
  return make_torch_trainer(small_weights(), folder, {.deterministic = deterministic});
}

at::Tensor flat(const trainer& t) {
  return dynamic_cast<const flat_weights&>(*t.publish(policy_version{1})).flat();
}

std::vector<training_sequence> four_sequences() {
  std::vector<training_sequence> batch;
  for (std::int32_t i = 0; i < 4; ++i) {
    training_sequence s;
    s.prompt = {i, 10};
    s.completion = {(i + 3) % 10, (i * 3) % 10, (i * 7 + 1) % 10, 9};
    s.loss_mask = {1, 1, 1, 1};
    s.sampler_logprobs = {-2.0F, -2.5F, -2.25F, -1.5F};
    s.advantage = i % 2 == 0 ? 1.0 : -0.5;
    batch.push_back(s);
  }
  return batch;
}

std::string fresh_folder(const std::string& name) {
  const auto folder = std::filesystem::path{testing::TempDir()} / ("troupe_trainer_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder.string();
}

TEST(TorchTrainer, OverfitsFourSequences) {
  const auto t = small_trainer();
  double loss = 0;
  for (int i = 0; i < 100; ++i) {
    loss = t->train_sft(four_sequences(), plain).at("loss");
  }
  EXPECT_LT(loss, 0.1);
}

TEST(TorchTrainer, SftLossIsTheMeanOverCountedTokensOfTheUpdate) {
  auto batch = four_sequences();
  const auto all = small_trainer()->train_sft(batch, plain);
  EXPECT_EQ(all.at("tokens"), 16.0);
  EXPECT_EQ(all.at("input_tokens"), 20.0); // 2 + 4 - 1 a sequence
  double sum = 0;
  for (const auto& s : batch) {
    sum += small_trainer()->train_sft(std::span{&s, 1}, plain).at("loss");
  }
  EXPECT_NEAR(all.at("loss"), sum / 4, 1e-5);
}

TEST(TorchTrainer, AMaskedTokenTeachesNothing) {
  auto batch = four_sequences();
  batch[1].loss_mask = {1, 1, 0, 0};
  const auto a = small_trainer();
  a->train_grpo(batch, {}, plain);
  batch[1].completion[3] = 0; // nothing after it counts, so its own value cannot matter
  batch[1].sampler_logprobs[2] = -30.0F;
  const auto b = small_trainer();
  b->train_grpo(batch, {}, plain);
  EXPECT_TRUE(at::equal(flat(*a), flat(*b)));
}

TEST(TorchTrainer, RaisesWhatWasRewardedAndLowersTheRest) {
  const auto t = small_trainer();
  auto batch = four_sequences();
  const auto loss_of = [&](const training_sequence& s, const trainer& from) {
    const auto copy =
        make_torch_trainer(std::dynamic_pointer_cast<const flat_weights>(from.publish(policy_version{1})), "", {});
    return copy->train_sft(std::span{&s, 1}, {.learning_rate = 0}).at("loss");
  };
  const double rewarded = loss_of(batch[0], *t);
  const double punished = loss_of(batch[1], *t);
  for (int i = 0; i < 5; ++i) {
    t->train_grpo(batch, {}, {.learning_rate = 1e-3});
  }
  EXPECT_LT(loss_of(batch[0], *t), rewarded);
  EXPECT_GT(loss_of(batch[1], *t), punished);
}

TEST(TorchTrainer, TheFirstUpdateIsOnPolicyAndLaterOnesAreNot) {
  const auto once = small_trainer()->train_grpo(four_sequences(), {}, plain);
  EXPECT_EQ(once.at("updates"), 1.0);
  EXPECT_EQ(once.at("ppo_kl"), 0.0);
  EXPECT_EQ(once.at("clip_ratio"), 0.0);
  const auto more = small_trainer()->train_grpo(four_sequences(), {.num_iterations = 2, .mini_batches = 2}, plain);
  EXPECT_EQ(more.at("updates"), 4.0);
  EXPECT_NE(more.at("ppo_kl"), 0.0);
  EXPECT_GT(more.at("clip_ratio"), 0.0); // steps of 1e-2 leave the trust region
  EXPECT_EQ(more.at("tokens"), 16.0);
}

TEST(TorchTrainer, SameInputsGiveTheSameBits) {
  const grpo_options options{.rollout_is = true, .num_iterations = 2, .mini_batches = 2};
  const auto a = small_trainer();
  const auto b = small_trainer();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(a->train_grpo(four_sequences(), options, plain), b->train_grpo(four_sequences(), options, plain));
  }
  EXPECT_TRUE(at::equal(flat(*a), flat(*b)));
}

TEST(TorchTrainer, KlNeedsAReferenceAndStartsAtZero) {
  const auto t = small_trainer();
  try {
    t->train_grpo(four_sequences(), {.beta = 0.1}, plain);
    FAIL() << "trained without a reference";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    EXPECT_THAT(e.what(), HasSubstr("no reference is held"));
  }
  t->set_reference_to_policy();
  EXPECT_NEAR(t->train_grpo(four_sequences(), {.beta = 0.1}, plain).at("kl"), 0.0, 1e-7);
  EXPECT_GT(t->train_grpo(four_sequences(), {.beta = 0.1}, plain).at("kl"), 1e-5);
}

TEST(TorchTrainer, APublishedVersionNeverChanges) {
  const auto t = small_trainer();
  const auto published = t->publish(policy_version{5});
  const auto before = published->checksum();
  t->train_grpo(four_sequences(), {}, plain);
  EXPECT_EQ(published->version(), policy_version{5});
  EXPECT_EQ(published->checksum(), before);
  EXPECT_NE(t->publish(policy_version{6})->checksum(), before);
}

TEST(TorchTrainer, ALearningRateOfZeroChangesNoBit) {
  const auto t = small_trainer();
  t->train_grpo(four_sequences(), {.mini_batches = 2}, {.learning_rate = 0, .weight_decay = 0.1});
  EXPECT_TRUE(at::equal(flat(*t), small_weights()->flat()));
}

TEST(TorchTrainer, ANonFiniteGradientIsSkipped) {
  const auto t = small_trainer();
  auto batch = four_sequences();
  batch[2].sampler_logprobs[1] = std::numeric_limits<float>::quiet_NaN();
  const auto f = t->train_grpo(batch, {.rollout_is = true}, plain);
  EXPECT_EQ(f.at("skipped"), 1.0);
  EXPECT_EQ(f.at("skipped_updates"), 1.0);
  EXPECT_FALSE(f.contains("loss"));
  EXPECT_TRUE(at::equal(flat(*t), small_weights()->flat()));
  const auto next = t->train_grpo(four_sequences(), {.rollout_is = true}, plain);
  EXPECT_EQ(next.at("skipped"), 0.0);
  const auto clean = small_trainer();
  clean->train_grpo(four_sequences(), {.rollout_is = true}, plain);
  EXPECT_TRUE(at::equal(flat(*t), flat(*clean))); // the skipped one left nothing behind
}

TEST(TorchTrainer, ABatchWithoutCountedTokensIsSkipped) {
  const auto t = small_trainer();
  auto batch = four_sequences();
  for (auto& s : batch) {
    s.loss_mask.assign(4, 0);
  }
  EXPECT_EQ(t->train_grpo(batch, {}, plain).at("skipped"), 1.0);
  EXPECT_EQ(t->train_sft(batch, plain).at("skipped"), 1.0);
  EXPECT_TRUE(at::equal(flat(*t), small_weights()->flat()));
}

TEST(TorchTrainer, ACheckpointGoesOnBitForBit) {
  const auto folder = fresh_folder("checkpoint");
  const grpo_options options{.beta = 0.05, .mini_batches = 2};
  const auto t = small_trainer();
  t->set_reference_to_policy();
  t->train_grpo(four_sequences(), options, plain);
  t->save(folder);
  const auto loaded = make_torch_trainer(read_hf_folder(folder, policy_version{1}), folder, {});
  EXPECT_TRUE(at::equal(flat(*loaded), flat(*t)));
  EXPECT_EQ(loaded->train_grpo(four_sequences(), options, plain), t->train_grpo(four_sequences(), options, plain));
  EXPECT_TRUE(at::equal(flat(*loaded), flat(*t)));
  // Without the optimizer's state the next step differs: the test can fail.
  const auto fresh = make_torch_trainer(read_hf_folder(folder, policy_version{1}), "", {});
  fresh->set_reference_to_policy();
  fresh->train_grpo(four_sequences(), options, plain);
  EXPECT_FALSE(at::equal(flat(*fresh), flat(*t)));
}

TEST(TorchTrainer, RefusesTheOptimizerOfAnotherModel) {
  const auto folder = fresh_folder("other_model");
  auto shape = small_shape();
  shape.num_hidden_layers = 1;
  make_torch_trainer(std::make_shared<flat_weights>(policy_version{}, shape, initial_weights(shape, 1)), "", {})
      ->save(folder);
  try {
    small_trainer(folder);
    FAIL() << "loaded another model's optimizer";
  } catch (const error& e) {
    EXPECT_THAT(e.what(), HasSubstr("exp_avg is not F32"));
  }
}

/// Samples at `temperature` and trains on it with the same weights.
double gap_of(bool deterministic, double temperature) {
  torch_sampler sampler{small_weights(), 3, {.deterministic = deterministic}};
  std::vector<training_sequence> batch(7);
  for (std::uint64_t i = 0; i < batch.size(); ++i) {
    batch[i].prompt.assign(1 + i, static_cast<std::int32_t>(i));
    sampler.submit({.tag = i,
                    .seed = 11,
                    .index = static_cast<std::uint32_t>(i),
                    .prompt = batch[i].prompt,
                    .options = {.temperature = temperature, .max_new_tokens = 20, .stop_tokens = {10}}});
  }
  while (sampler.pending() > 0) {
    for (const auto& r : sampler.step()) {
      auto& s = batch[r.tag];
      s.completion = r.completion.tokens;
      s.sampler_logprobs = r.completion.logprobs;
      s.loss_mask.assign(s.completion.size(), 1);
      s.advantage = 1;
    }
  }
  return small_trainer({}, deterministic)
      ->train_grpo(batch, {.temperature = temperature}, plain)
      .at("sampling/sampling_logp_difference/max");
}

TEST(SamplerTrainerGap, IsExactlyZeroInDeterministicMode) {
  EXPECT_EQ(gap_of(true, 1.0), 0.0);
  EXPECT_EQ(gap_of(true, 0.7), 0.0);
}

TEST(SamplerTrainerGap, IsSmallInFastMode) {
  EXPECT_LE(gap_of(false, 1.0), 1e-4);
  EXPECT_LE(gap_of(false, 0.7), 1e-4);
}

} // namespace
} // namespace troupe::gpu
