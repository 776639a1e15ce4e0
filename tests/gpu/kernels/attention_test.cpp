// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/attention.hpp"
#include "tests/gpu/kernels/oracle.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace troupe::gpu {
namespace {

using kernel::attention_shape;

/// qkv: [n, row], double -> [n, heads d].
at::Tensor exact_attention(const at::Tensor& qkv, const attention_shape& s) {
  const auto n = qkv.size(0);
  const auto part = [&](long from, long heads) {
    return qkv.narrow(1, from * s.d, heads * s.d).reshape({n, heads, s.d}).transpose(0, 1);
  };
  const auto share = s.heads / s.kv_heads;
  const auto k = part(s.heads, s.kv_heads).repeat_interleave(share, 0);
  const auto v = part(s.heads + s.kv_heads, s.kv_heads).repeat_interleave(share, 0);
  const auto future = at::ones({n, n}, at::kBool).triu(1);
  const auto scores = at::matmul(part(0, s.heads), k.transpose(1, 2)) / std::sqrt(static_cast<double>(s.d));
  const auto p = at::softmax(scores.masked_fill(future, -INFINITY), -1);
  return at::matmul(p, v).transpose(0, 1).reshape({n, s.heads * s.d});
}

class Attention : public testing::TestWithParam<std::tuple<long, attention_shape>> {};

TEST_P(Attention, AgreesForwardAndBackward) {
  const auto& [n, s] = GetParam();
  const auto qkv = noise({n, s.row()}, 1) * 2, dy = noise({n, s.heads * s.d}, 2);
  auto out = at::empty_like(dy), lse = at::empty({n, s.heads}, at::kFloat), dx = at::empty_like(qkv);
  kernel::attention_sequence(out.data_ptr<float>(), lse.data_ptr<float>(), qkv.const_data_ptr<float>(), n, s);
  kernel::attention_sequence_backward(dx.data_ptr<float>(), dy.const_data_ptr<float>(), out.const_data_ptr<float>(),
                                      lse.const_data_ptr<float>(), qkv.const_data_ptr<float>(), n, s);
  const auto exact_qkv = qkv.to(at::kDouble).requires_grad_();
  const auto exact = exact_attention(exact_qkv, s);
  exact.backward(dy.to(at::kDouble));
  EXPECT_LT(gap(out, exact), 1e-5);
  EXPECT_LT(gap(dx, exact_qkv.grad()), 4e-5);
}

TEST_P(Attention, ARowAloneHasTheBitsOfTheWholeSequence) {
  const auto& [n, s] = GetParam();
  const auto qkv = noise({n, s.row()}, 3) * 2;
  auto out = at::empty({n, s.heads * s.d}, at::kFloat), lse = at::empty({n, s.heads}, at::kFloat);
  kernel::attention_sequence(out.data_ptr<float>(), lse.data_ptr<float>(), qkv.const_data_ptr<float>(), n, s);
  std::vector<float> keys(static_cast<std::size_t>(s.keys_size(n)), 1e30F); // what is not written does not matter
  std::vector<float> values, scratch(static_cast<std::size_t>(n + 15));
  auto one = at::empty({s.heads * s.d}, at::kFloat);
  for (long i = 0; i < n; ++i) { // a cache that grows, as decoding has it
    const float* k = qkv.const_data_ptr<float>() + i * s.row() + s.heads * s.d;
    kernel::store_key(keys.data(), k, i, s);
    values.insert(values.end(), k + s.kv_heads * s.d, k + 2 * s.kv_heads * s.d);
    kernel::attention_row(one.data_ptr<float>(), nullptr, k - s.heads * s.d, keys.data(), values.data(),
                          s.kv_heads * s.d, i + 1, s, scratch.data());
    ASSERT_TRUE(at::equal(one, out.select(0, i))) << "row " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Combine(testing::Values(1L, 16L, 42L, 77L),
                                          testing::Values(attention_shape{4, 4, 32}, attention_shape{6, 2, 16},
                                                          attention_shape{2, 1, 10})));

} // namespace
} // namespace troupe::gpu
