// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/grpo_loss.hpp"
#include "gpu/training/packing.hpp"
#include "gpu/training/policy_losses.hpp"
#include "gpu/training/sft_loss.hpp"
#include "runtime/error.hpp"
#include "runtime/rollout/losses.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>
#include <initializer_list>

namespace troupe::gpu {
namespace {

at::Tensor vec(std::initializer_list<double> values) {
  return at::tensor(at::ArrayRef<double>(values.begin(), values.size()), at::kFloat);
}

/// Four tokens: (A = 2, r = 1.5) held above; (A = 2, r = 0.5) free; (A = -1, r = 0.5) held below; (A = -1, r = 1.5)
/// free.
grpo_inputs four_corners() {
  const double up = std::log(1.5);
  const double down = std::log(0.5);
  grpo_inputs in;
  in.old_logprobs = vec({-1, -1, -1, -1});
  in.logprobs = vec({-1 + up, -1 + down, -1 + down, -1 + up}).requires_grad_();
  in.sampler = vec({-1, -1, -1, -1});
  in.advantages = vec({2, 2, -1, -1});
  in.weights = vec({0.25, 0.25, 0.25, 0.25});
  in.single_version = vec({1, 1, 1, 1});
  return in;
}

void expect_near(const at::Tensor& got, std::initializer_list<double> want) {
  const auto flat = got.detach().to(at::kDouble).contiguous();
  ASSERT_EQ(flat.numel(), static_cast<std::int64_t>(want.size()));
  const auto* p = flat.const_data_ptr<double>();
  for (const double w : want) {
    EXPECT_NEAR(*p++, w, 1e-6);
  }
}

TEST(GrpoLoss, ClipsOnEachSide) {
  auto in = four_corners();
  const grpo_options options{.epsilon = 0.2, .epsilon_high = 0.28};
  // min(1.5*2, 1.28*2) = 2.56; min(0.5*2, 0.8*2) = 1; min(-0.5, -0.8) = -0.8; min(-1.5, -1.28) = -1.5
  expect_near(grpo_token_loss(in, options), {-2.56, -1.0, 0.8, 1.5});
  const auto result = grpo_loss(in, options);
  EXPECT_NEAR(result.sums.loss, (-2.56 - 1.0 + 0.8 + 1.5) / 4, 1e-6);
  result.loss.backward();
  // Held tokens teach nothing; elsewhere d/dlp = -r A / 4.
  expect_near(in.logprobs.grad(), {0.0, -0.25, 0.0, 0.375});
  const auto f = result.sums.to_figures(false, false);
  EXPECT_DOUBLE_EQ(f.at("clip_ratio/high_mean"), 0.25);
  EXPECT_DOUBLE_EQ(f.at("clip_ratio/low_mean"), 0.25);
  EXPECT_DOUBLE_EQ(f.at("clip_ratio"), 0.5);
  EXPECT_DOUBLE_EQ(f.at("tokens"), 4.0);
  EXPECT_NEAR(f.at("ppo_kl"), -(2 * std::log(1.5) + 2 * std::log(0.5)) / 4, 1e-6);
  EXPECT_FALSE(f.contains("kl"));
}

TEST(GrpoLoss, OnPolicyGradientIsTheAdvantage) {
  auto in = four_corners();
  in.logprobs = vec({-1, -1, -1, -1}).requires_grad_();
  grpo_loss(in, {}).loss.backward();
  expect_near(in.logprobs.grad(), {-0.5, -0.5, 0.25, 0.25}); // -A / 4: a ratio of exactly 1 halves nothing
}

TEST(GrpoLoss, WeightZeroLeavesATokenOut) {
  auto in = four_corners();
  in.weights = vec({0, 1, 0, 0});
  const auto result = grpo_loss(in, {});
  EXPECT_NEAR(result.sums.loss, -1.0, 1e-6);
  result.loss.backward();
  expect_near(in.logprobs.grad(), {0, -1, 0, 0});
}

TEST(GrpoLoss, AddsTheK3KlToTheReference) {
  auto in = four_corners();
  in.logprobs = vec({-1, -1, -1, -1}).requires_grad_();
  in.advantages = vec({0, 0, 0, 0});
  const double l2 = std::log(2.0);
  in.reference = vec({-1, -1 + l2, -1 - l2, -1}); // d = 0, ln 2, -ln 2, 0
  const grpo_options options{.beta = 0.1};
  const double a = 2.0 - l2 - 1.0; // exp(d) - d - 1
  const double b = 0.5 + l2 - 1.0;
  expect_near(grpo_token_loss(in, options), {0, 0.1 * a, 0.1 * b, 0});
  const auto result = grpo_loss(in, options);
  result.loss.backward();
  expect_near(in.logprobs.grad(), {0, 0.025 * (1 - 2.0), 0.025 * (1 - 0.5), 0}); // beta / 4 * (1 - exp(d))
  EXPECT_NEAR(result.sums.to_figures(true, false).at("kl"), (a + b) / 4, 1e-6);
}

TEST(GrpoLoss, TruncatedImportanceSamplingCapsTheWeightAndPassesNoGradient) {
  auto in = four_corners();
  in.logprobs = vec({-1, -1, -1, -1}).requires_grad_();
  in.sampler = vec({-1, -1 - std::log(4.0), -1 + std::log(2.0), -1}); // old/sampler = 1, 4, 0.5, 1
  const grpo_options options{.beta = 0, .rollout_is = true, .rollout_is_threshold = 2.0};
  expect_near(grpo_token_loss(in, options), {-2.0, -4.0, 0.5, 1.0}); // -A * (1, 2 not 4, 0.5, 1)
  const auto result = grpo_loss(in, options);
  result.loss.backward();
  expect_near(in.logprobs.grad(), {-0.5, -1.0, 0.125, 0.25});
  const auto f = result.sums.to_figures(false, true);
  EXPECT_NEAR(f.at("importance_ratio_mean"), (1 + 4 + 0.5 + 1) / 4, 1e-6);
  EXPECT_DOUBLE_EQ(f.at("rollout_is/capped_mean"), 0.25);
  EXPECT_NEAR(f.at("rollout_corr/kl"), (-std::log(4.0) + std::log(2.0)) / 4, 1e-6);
  const double k3 = (4 - std::log(4.0) - 1) + (0.5 + std::log(2.0) - 1);
  EXPECT_NEAR(f.at("rollout_corr/k3_kl"), k3 / 4, 1e-6);
}

TEST(GrpoLoss, KlIsNotWeightedByTheImportance) {
  auto in = four_corners();
  in.logprobs = in.logprobs.detach();
  in.advantages = vec({0, 0, 0, 0});
  in.reference = in.logprobs + std::log(2.0);
  in.sampler = in.old_logprobs - 1.0;
  const double k = 0.5 * (1.0 - std::log(2.0));
  expect_near(grpo_token_loss(in, {.beta = 0.5, .rollout_is = true}), {k, k, k, k});
}

TEST(GrpoLoss, MeasuresTheGapOfSingleVersionTokensAlone) {
  auto in = four_corners();
  in.sampler = vec({-1.5, -1.25, -1, -9}); // |gap| = 0.5, 0.25, 0, 8
  in.single_version = vec({1, 1, 1, 0});
  const auto f = grpo_loss(in, {}).sums.to_figures(false, false);
  EXPECT_NEAR(f.at("sampling/sampling_logp_difference/mean"), 0.25, 1e-6);
  EXPECT_NEAR(f.at("sampling/sampling_logp_difference/max"), 0.5, 1e-6);
  in.single_version = vec({0, 0, 0, 0});
  EXPECT_FALSE(grpo_loss(in, {}).sums.to_figures(false, false).contains("sampling/sampling_logp_difference/max"));
}

TEST(GrpoLoss, MicroBatchesAddUpToTheUpdate) {
  const auto whole = grpo_loss(four_corners(), {}).sums;
  grpo_sums sum;
  for (int half = 0; half < 2; ++half) {
    auto in = four_corners();
    for (auto* t : {&in.logprobs, &in.old_logprobs, &in.sampler, &in.advantages, &in.weights, &in.single_version}) {
      *t = t->slice(0, 2 * half, 2 * half + 2);
    }
    sum.add(grpo_loss(in, {}).sums);
  }
  EXPECT_NEAR(sum.loss, whole.loss, 1e-7);
  EXPECT_EQ(sum.to_figures(false, false).at("clip_ratio"), whole.to_figures(false, false).at("clip_ratio"));
}

// Two sequences of 3 and 1 tokens, A = 1 and -2, on policy: token losses -1 -1 -1 and 2.
TEST(GrpoLoss, AggregatesTheThreeWays) {
  training_sequence a{.prompt = {1}, .completion = {2, 3, 4}, .loss_mask = {1, 1, 1}};
  training_sequence b{.prompt = {1}, .completion = {2}, .loss_mask = {1}};
  const std::vector<training_sequence> batch{a, b};
  const auto loss = [&](rollout::token_share share) {
    const auto w = token_weights(batch, share, 8);
    grpo_inputs in;
    in.logprobs = in.old_logprobs = in.sampler = vec({-1, -1, -1, -1});
    in.advantages = vec({1, 1, 1, -2});
    in.weights = vec({w[0], w[0], w[0], w[1]});
    in.single_version = vec({1, 1, 1, 1});
    return grpo_loss(in, {}).sums.loss;
  };
  EXPECT_NEAR(loss(rollout::share_dapo), -1.0 / 4, 1e-6);         // (-3 + 2) / 4
  EXPECT_NEAR(loss(rollout::share_grpo), (-1.0 + 2.0) / 2, 1e-6); // mean of -1 and 2
  EXPECT_NEAR(loss(rollout::share_dr_grpo), -1.0 / 16, 1e-6);     // -1 / (2 * 8)
}

TEST(GrpoLoss, NothingToAverageGivesOnlyACount) {
  EXPECT_EQ(grpo_sums{}.to_figures(true, true), (figures{{"tokens", 0.0}}));
}

TEST(SftLoss, IsTheMeanNegativeLogLikelihood) {
  const auto lp = vec({-1, -2, -6}).requires_grad_();
  const auto loss = sft_loss(lp, vec({1.0 / 3, 1.0 / 3, 1.0 / 3}));
  EXPECT_NEAR(loss.item<double>(), 3.0, 1e-6);
  loss.backward();
  expect_near(lp.grad(), {-1.0 / 3, -1.0 / 3, -1.0 / 3});
}

TEST(GrpoLoss, EveryNamedLossHasAFormulaAndNoOther) {
  for (const auto& one : rollout::losses()) {
    EXPECT_NE(formula_of(one.name), nullptr) << one.name;
  }
  for (const char* clipped : {"dapo", "dr_grpo", "grpo"}) {
    EXPECT_EQ(formula_of(clipped), &policy_clipped) << clipped;
  }
  EXPECT_THROW(formula_of("dpo"), error);
}

} // namespace
} // namespace troupe::gpu
