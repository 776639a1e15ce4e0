// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/packed_matrix.hpp"
#include "tests/gpu/kernels/oracle.hpp"

#include <gtest/gtest.h>

namespace troupe::gpu {
namespace {

using kernel::packed_matrix;

at::Tensor multiply(const packed_matrix& b, const at::Tensor& x) {
  auto y = at::empty({x.size(0), b.n()}, at::kFloat);
  b.multiply(y.data_ptr<float>(), {x.const_data_ptr<float>(), b.k(), 1}, x.size(0));
  return y;
}

TEST(PackedMatrix, MultipliesByHand) {
  const auto w = at::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).view({3, 2}); // [n = 3, k = 2]
  const auto x = at::tensor({10.0F, 1.0F}).view({1, 2});
  const auto y = multiply(packed_matrix::transposed(w.const_data_ptr<float>(), 3, 2), x);
  EXPECT_TRUE(at::equal(y, at::tensor({12.0F, 34.0F, 56.0F}).view({1, 3}))); // 10 * 1 + 1 * 2, ...
}

TEST(PackedMatrix, AgreesWithDoublePrecisionForAnyShape) {
  for (const auto& [m, n, k] : {std::tuple{1L, 1L, 1L}, {7L, 40L, 128L}, {70L, 200L, 33L}, {13L, 64L, 1100L}}) {
    const auto x = noise({m, k}, 1), w = noise({n, k}, 2);
    const auto exact = at::mm(x.to(at::kDouble), w.to(at::kDouble).t());
    // k products of size at most 1, each rounded once: below k * 2^-23
    const double bound = static_cast<double>(k) * 1.2e-7;
    EXPECT_LT(gap(multiply(packed_matrix::transposed(w.const_data_ptr<float>(), n, k), x), exact), bound);
    const auto wt = w.t().contiguous();
    EXPECT_LT(gap(multiply(packed_matrix::plain(wt.const_data_ptr<float>(), k, n), x), exact), bound);
  }
}

TEST(PackedMatrix, ARowDoesNotDependOnItsNeighbours) {
  const long n = 100, k = 700; // a partial block of columns, more than one chunk of k
  const auto x = noise({70, k}, 3), w = noise({n, k}, 4);
  const auto b = packed_matrix::transposed(w.const_data_ptr<float>(), n, k);
  const auto all = multiply(b, x);
  for (long m = 1; m <= 70; ++m) {
    ASSERT_TRUE(at::equal(multiply(b, x.narrow(0, 0, m)), all.narrow(0, 0, m))) << m << " rows";
    ASSERT_TRUE(at::equal(multiply(b, x.narrow(0, 70 - m, m)), all.narrow(0, 70 - m, m))) << "the last " << m;
  }
}

TEST(PackedMatrix, WeightGradientIsTheSameHoweverItIsSplit) {
  const long t = 1300, n = 45, k = 70;
  const auto dy = noise({t, n}, 5), x = noise({t, k}, 6);
  const auto b = packed_matrix::plain(x.const_data_ptr<float>(), t, k);
  auto whole = at::empty({n, k}, at::kFloat), split = at::empty({n, k}, at::kFloat);
  b.multiply_transposed(whole.data_ptr<float>(), dy.const_data_ptr<float>(), n, 0, n);
  for (const auto& [begin, end] : {std::pair{0L, 17L}, {17L, 18L}, {18L, 45L}}) {
    b.multiply_transposed(split.data_ptr<float>(), dy.const_data_ptr<float>(), n, begin, end);
  }
  EXPECT_TRUE(at::equal(whole, split));
  EXPECT_LT(gap(whole, at::mm(dy.to(at::kDouble).t(), x.to(at::kDouble))), 1300 * 1.2e-7);
}

} // namespace
} // namespace troupe::gpu
