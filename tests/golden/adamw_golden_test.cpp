// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/adamw.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

// The numbers follow from algorithm 2 of Loshchilov and Hutter (arXiv 1711.05101), worked out by hand in the comments.
namespace troupe::gpu {
namespace {

const optimizer_options plain{.learning_rate = 0.1,
                              .adam_beta1 = 0.9,
                              .adam_beta2 = 0.5,
                              .adam_epsilon = 0.0,
                              .weight_decay = 0.0,
                              .max_grad_norm = 0.0};

double at_index(const at::Tensor& t, std::int64_t i) {
  return t[i].item<double>();
}

TEST(AdamwGolden, TwoStepsByHand) {
  auto p = at::tensor({1.0F, -2.0F});
  adamw optimizer{p};
  auto g = at::tensor({3.0F, -4.0F});
  const auto first = optimizer.step(g, plain);
  EXPECT_TRUE(first.applied);
  EXPECT_NEAR(first.grad_norm, 5.0, 1e-12);
  // Step 1: m = 0.1 g, v = 0.5 g^2; both corrected give g and g^2, so each moves by 0.1 against its sign.
  EXPECT_NEAR(at_index(p, 0), 0.9, 1e-6);
  EXPECT_NEAR(at_index(p, 1), -1.9, 1e-6);
  EXPECT_NEAR(at_index(optimizer.present().exp_avg, 0), 0.3, 1e-6);
  EXPECT_NEAR(at_index(optimizer.present().exp_avg_sq, 1), 8.0, 1e-6);
  g = at::tensor({1.0F, 0.0F});
  optimizer.step(g, plain);
  // Step 2, first: m = 0.27 + 0.1 = 0.37, /0.19 = 1.9473684; v = 2.25 + 0.5 = 2.75, /0.75 = 3.6666667
  // 0.9 - 0.1 * 1.9473684 / 1.9148542 = 0.7983020
  EXPECT_NEAR(at_index(p, 0), 0.7983020, 1e-6);
  // second: m = -0.36, /0.19 = -1.8947368; v = 4, /0.75 = 5.3333333; -1.9 + 0.1 * 1.8947368 / 2.3094011 = -1.8179555
  EXPECT_NEAR(at_index(p, 1), -1.8179555, 1e-6);
  EXPECT_EQ(optimizer.present().step, 2);
}

TEST(AdamwGolden, EpsilonAndDecoupledWeightDecay) {
  auto p = at::tensor({2.0F});
  adamw optimizer{p};
  auto g = at::tensor({1.0F});
  auto how = plain;
  how.adam_epsilon = 1.0;
  how.weight_decay = 0.5;
  optimizer.step(g, how);
  // 2 * (1 - 0.1 * 0.5) - 0.1 * 1 / (1 + 1) = 1.9 - 0.05
  EXPECT_NEAR(at_index(p, 0), 1.85, 1e-6);
}

TEST(AdamwGolden, ClipsToTheGlobalNorm) {
  auto p = at::tensor({0.0F, 0.0F});
  adamw optimizer{p};
  auto g = at::tensor({3.0F, -4.0F});
  auto how = plain;
  how.max_grad_norm = 1.0;
  EXPECT_NEAR(optimizer.step(g, how).grad_norm, 5.0, 1e-12);          // reported before clipping
  EXPECT_NEAR(at_index(optimizer.present().exp_avg, 0), 0.06, 1e-6);  // 0.1 * 3 / 5
  EXPECT_NEAR(at_index(optimizer.present().exp_avg, 1), -0.08, 1e-6); // 0.1 * -4 / 5
  g = at::tensor({0.3F, 0.4F});
  optimizer.step(g, how); // 0.5 is within the bound and stays as it is: 0.9 * 0.06 + 0.1 * 0.3
  EXPECT_NEAR(at_index(optimizer.present().exp_avg, 0), 0.084, 1e-6);
}

TEST(AdamwGolden, ANonFiniteGradientChangesNothing) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto p = at::tensor({1.0F, 2.0F});
    adamw optimizer{p};
    auto g = at::tensor({1.0F, bad});
    EXPECT_FALSE(optimizer.step(g, plain).applied);
    EXPECT_TRUE(at::equal(p, at::tensor({1.0F, 2.0F})));
    EXPECT_TRUE(at::equal(optimizer.present().exp_avg, at::zeros({2})));
    EXPECT_EQ(optimizer.present().step, 0);
  }
}

TEST(AdamwGolden, ALargeFiniteGradientIsNotMistakenForOverflow) {
  auto p = at::tensor({0.0F});
  adamw optimizer{p};
  auto g = at::tensor({1e30F}); // its square overflows fp32
  auto how = plain;
  how.max_grad_norm = 1.0;
  EXPECT_TRUE(optimizer.step(g, how).applied);
  EXPECT_NEAR(at_index(p, 0), -0.1, 1e-6);
}

TEST(AdamwGolden, ALearningRateOfZeroKeepsEveryBit) {
  const auto before = at::tensor({1.1F, -0.3F, 1e-30F});
  auto p = before.clone();
  adamw optimizer{p};
  auto how = plain;
  how.learning_rate = 0.0;
  how.adam_epsilon = 1e-8;
  how.weight_decay = 0.1;
  for (int i = 0; i < 3; ++i) {
    auto g = at::tensor({0.5F, -7.0F, 2.0F});
    optimizer.step(g, how);
  }
  EXPECT_TRUE(at::equal(p, before));
}

} // namespace
} // namespace troupe::gpu
