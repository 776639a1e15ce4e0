// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/attention.hpp"

#include "gpu/kernels/exponential.hpp"
#include "gpu/kernels/vector.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::gpu::kernel {

TROUPE_MULTIVERSION
void attention_row(float* out, float* lse, const float* q, const float* keys, const float* values, long stride, long n,
                   const attention_shape& s, float* scratch) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(s.d));
  const long share = s.heads / s.kv_heads;
  for (long h = 0; h < s.heads; ++h) {
    const long g = h / share;
    const float* query = q + h * s.d;
    float top = -INFINITY;
    for (long j = 0; j < n; ++j) {
      scratch[j] = dot(query, keys + j * stride + g * s.d, s.d) * scale;
      top = scratch[j] > top ? scratch[j] : top;
    }
    float* result = out + h * s.d;
    std::fill(result, result + s.d, 0.0F);
    float total = 0;
    for (long j = 0; j < n; ++j) { // in key order, whatever the number of keys
      const float p = exponential(scratch[j] - top);
      total += p;
      add_scaled(result, values + j * stride + g * s.d, p, s.d);
    }
    const float inverse = 1.0F / total;
    for (long i = 0; i < s.d; ++i) {
      result[i] *= inverse;
    }
    if (lse != nullptr) {
      lse[h] = top + std::log(total);
    }
  }
}

void attention_sequence(float* out, float* lse, const float* qkv, long n, const attention_shape& s, float* scratch) {
  const float* keys = qkv + s.heads * s.d;
  const float* values = keys + s.kv_heads * s.d;
  for (long i = 0; i < n; ++i) {
    attention_row(out + i * s.heads * s.d, lse + i * s.heads, qkv + i * s.row(), keys, values, s.row(), i + 1, s, scratch);
  }
}

TROUPE_MULTIVERSION
void attention_sequence_backward(float* d_qkv, const float* d_out, const float* out, const float* lse, const float* qkv,
                                 long n, const attention_shape& s, float* scratch) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(s.d));
  const long share = s.heads / s.kv_heads;
  const long row = s.row();
  std::fill(d_qkv, d_qkv + n * row, 0.0F);
  for (long i = 0; i < n; ++i) {
    for (long h = 0; h < s.heads; ++h) {
      const long key_at = (s.heads + h / share) * s.d;
      const long value_at = key_at + s.kv_heads * s.d;
      const float* q = qkv + i * row + h * s.d;
      const float* up = d_out + (i * s.heads + h) * s.d;
      const float delta = dot(up, out + (i * s.heads + h) * s.d, s.d);
      float* dq = d_qkv + i * row + h * s.d;
      for (long j = 0; j <= i; ++j) {
        scratch[j] = dot(q, qkv + j * row + key_at, s.d) * scale - lse[i * s.heads + h];
      }
      for (long j = 0; j <= i; ++j) {
        scratch[j] = exponential(scratch[j]);
      }
      for (long j = 0; j <= i; ++j) {
        const float p = scratch[j];
        const float ds = p * (dot(up, qkv + j * row + value_at, s.d) - delta) * scale;
        add_scaled(dq, qkv + j * row + key_at, ds, s.d);
        add_scaled(d_qkv + j * row + key_at, q, ds, s.d);
        add_scaled(d_qkv + j * row + value_at, up, p, s.d);
      }
    }
  }
}

} // namespace troupe::gpu::kernel
