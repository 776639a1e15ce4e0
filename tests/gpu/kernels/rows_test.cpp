// SPDX-License-Identifier: Apache-2.0
// The kernels that work row by row (rms_norm, swiglu, log_softmax, rope), against double precision by ATen, forward and
// backward. Widths 128 and 37 take the vector loop and its remainder.
#include "gpu/kernels/exponential.hpp"
#include "gpu/kernels/log_softmax.hpp"
#include "gpu/kernels/rms_norm.hpp"
#include "gpu/kernels/rope.hpp"
#include "gpu/kernels/swiglu.hpp"
#include "tests/gpu/kernels/oracle.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace troupe::gpu {
namespace {

at::Tensor leaf(const at::Tensor& x) {
  return x.to(at::kDouble).requires_grad_();
}

TEST(Exponential, IsWithinThreeUnitsInTheLastPlace) {
  for (float x = -80.0F; x <= 80.0F; x += 0.0137F) {
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(kernel::exponential(x) / exact, 1.0, 3.6e-7) << x;
  }
  EXPECT_EQ(kernel::exponential(0.0F), 1.0F);
}

TEST(RmsNorm, AgreesForwardAndBackward) {
  for (const long h : {128L, 37L}) {
    const long rows = 5;
    const auto x = noise({rows, h}, 1), w = noise({h}, 2), dy = noise({rows, h}, 3);
    auto y = at::empty_like(x), inverse = at::empty({rows}, at::kFloat);
    kernel::rms_norm_forward(y.data_ptr<float>(), inverse.data_ptr<float>(), x.const_data_ptr<float>(),
                             w.const_data_ptr<float>(), rows, h, 1e-6F);
    const auto ex = leaf(x), ew = leaf(w);
    const auto ey = ex * at::rsqrt(at::mean(ex * ex, {-1}, true) + 1e-6) * ew;
    EXPECT_LT(gap(y, ey), 2e-6);
    ey.backward(dy.to(at::kDouble));
    auto dx = at::empty_like(x), dw = at::zeros_like(w);
    kernel::rms_norm_backward(dx.data_ptr<float>(), dw.data_ptr<float>(), dy.const_data_ptr<float>(),
                              x.const_data_ptr<float>(), w.const_data_ptr<float>(), inverse.const_data_ptr<float>(),
                              rows, h);
    EXPECT_LT(gap(dx, ex.grad()), 4e-6);
    EXPECT_LT(gap(dw, ew.grad()), 4e-6);
  }
}

TEST(RmsNorm, ByHand) {
  const float x[2] = {3.0F, 4.0F}, w[2] = {1.0F, 2.0F};
  float y[2], inverse = 0;
  kernel::rms_norm_forward(y, &inverse, x, w, 1, 2, 0.0F); // rms = sqrt((9 + 16) / 2) = 3.5355
  EXPECT_NEAR(y[0], 0.848528, 1e-6);
  EXPECT_NEAR(y[1], 2.262742, 1e-6); // 4 / 3.5355 * 2
}

TEST(Swiglu, AgreesForwardAndBackward) {
  for (const long f : {128L, 37L}) {
    const long rows = 4;
    const auto x = noise({rows, 2 * f}, 4) * 6, dy = noise({rows, f}, 5);
    auto y = at::empty({rows, f}, at::kFloat), dx = at::empty_like(x);
    kernel::swiglu_forward(y.data_ptr<float>(), x.const_data_ptr<float>(), rows, f);
    kernel::swiglu_backward(dx.data_ptr<float>(), dy.const_data_ptr<float>(), x.const_data_ptr<float>(), rows, f);
    const auto ex = leaf(x);
    const auto ey = at::silu(ex.narrow(1, 0, f)) * ex.narrow(1, f, f);
    ey.backward(dy.to(at::kDouble));
    EXPECT_LT(gap(y, ey), 1e-5); // of numbers up to 36
    EXPECT_LT(gap(dx, ex.grad()), 1e-5);
  }
}

TEST(LogSoftmax, AgreesForwardAndBackward) {
  for (const long n : {128L, 37L, 1L}) {
    const auto x = noise({6, n}, 6) * 20, dy = noise({6, n}, 7);
    auto y = at::empty_like(x), dx = at::empty_like(x);
    kernel::log_softmax_forward(y.data_ptr<float>(), x.const_data_ptr<float>(), 6, n);
    kernel::log_softmax_backward(dx.data_ptr<float>(), dy.const_data_ptr<float>(), y.const_data_ptr<float>(), 6, n);
    const auto ex = leaf(x);
    const auto ey = at::log_softmax(ex, -1);
    ey.backward(dy.to(at::kDouble));
    EXPECT_LT(gap(y, ey), 6e-6); // of numbers up to 40
    EXPECT_LT(gap(dx, ex.grad()), 3e-5);
  }
}

TEST(Rope, RotatesPairsByHandAndBack) {
  float cosines[4], sines[4]; // positions 0 and 1, d = 4: angles p and p / 100
  kernel::rope_table(cosines, sines, 2, 4, 10000.0);
  EXPECT_NEAR(cosines[2], 0.540302, 1e-6); // cos 1
  EXPECT_NEAR(sines[3], 0.0099998, 1e-7);  // sin 0.01
  float x[4] = {1.0F, 0.0F, 0.0F, 1.0F};   // one head: pairs (0, 2) and (1, 3)
  const std::int64_t position = 1;
  kernel::rope_rotate(x, 4, &position, cosines, sines, 1, 1, 4, 1.0F);
  EXPECT_NEAR(x[0], 0.540302, 1e-6);
  EXPECT_NEAR(x[2], 0.841471, 1e-6); // sin 1
  EXPECT_NEAR(x[1], -0.0099998, 1e-7);
  EXPECT_NEAR(x[3], 0.99995, 1e-6);
  kernel::rope_rotate(x, 4, &position, cosines, sines, 1, 1, 4, -1.0F);
  EXPECT_NEAR(x[0], 1.0, 1e-6);
  EXPECT_NEAR(x[3], 1.0, 1e-6);
}

} // namespace
} // namespace troupe::gpu
