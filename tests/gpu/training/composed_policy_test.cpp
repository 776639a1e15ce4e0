// SPDX-License-Identifier: Apache-2.0
// A GRPO update's loss and gradient on the road without kernels of ours, which other devices take, walked on the CPU in
// double precision.
#include "gpu/training/grpo_loss.hpp"
#include "gpu/training/policy.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace troupe::gpu {
namespace {

packed_batch some_batch() {
  std::vector<training_sequence> batch;
  for (std::int32_t i = 0; i < 5; ++i) {
    training_sequence s{.prompt = {i, 30 - i, 7}, .advantage = i % 2 == 0 ? 1.0 : -0.5};
    for (std::int32_t j = 0; j < 3 + 4 * i; ++j) {
      s.completion.push_back((i * 11 + j * j * 5) % 37);
      s.loss_mask.push_back(j == 1 ? 0 : 1);
      s.sampler_logprobs.push_back(-2.0F - 0.1F * static_cast<float>(j));
    }
    batch.push_back(s);
  }
  return pack(batch, token_weights(batch, rollout::share_dapo, 1), {.vocab_size = 37, .max_position_embeddings = 64})
      .front();
}

struct update {
  double loss;
  at::Tensor gradient;
};

update update_of(at::ScalarType type) {
  policy p{small_shape(), small_weights(3)->flat().to(type).clone()};
  auto batch = to_device(some_batch(), at::kCPU);
  for (auto* t : {&batch.weights, &batch.advantages, &batch.sampler_logprobs, &batch.single_version}) {
    *t = t->to(type);
  }
  const auto out = forward(p.shape(), p.leaves(), batch, 0.8, {});
  const auto result = grpo_loss({.logprobs = out.logprobs,
                                 .old_logprobs = batch.sampler_logprobs, // off-policy: ratios on both sides of the clip
                                 .sampler = batch.sampler_logprobs,
                                 .advantages = batch.advantages,
                                 .weights = batch.weights,
                                 .single_version = batch.single_version,
                                 .entropy = out.entropy},
                                {});
  result.loss.backward();
  return {result.loss.item<double>(), p.gradients().to(at::kDouble)};
}

TEST(ComposedPolicy, HasTheLossAndGradientOfTheKernels) {
  const auto kernels = update_of(at::kFloat), composed = update_of(at::kDouble);
  EXPECT_NEAR(kernels.loss, composed.loss, 1e-4);
  const double largest = composed.gradient.abs().max().item<double>();
  EXPECT_GT(largest, 0.01);
  EXPECT_LT((kernels.gradient - composed.gradient).abs().max().item<double>(), 1e-4 * largest);
}

} // namespace
} // namespace troupe::gpu
