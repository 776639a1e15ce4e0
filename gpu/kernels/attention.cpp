// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/attention.hpp"

#include "gpu/kernels/exponential.hpp"
#include "gpu/kernels/vector.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace troupe::gpu::kernel {

namespace {

/// scores[j] = scale * q . key j, for whole blocks; each score sums over the head's elements in order.
TROUPE_INLINE void scores_of(float* scores, const float* q, const float* keys, long g, long n, float scale,
                             const attention_shape& s) {
  for (long j = 0; j < n; j += lanes) {
    const float* block = keys + (j * s.kv_heads + g * lanes) * s.d;
    floats acc{};
    for (long i = 0; i < s.d; ++i) {
      add_product(acc, load(block + i * lanes), q[i]);
    }
    for (auto& part : acc.p) {
      part *= scale;
    }
    store(scores + j, acc);
  }
}

std::vector<float> blocks_of(const float* rows, long stride, long n, const attention_shape& s) {
  std::vector<float> blocks(static_cast<std::size_t>(s.keys_size(n)));
  for (long j = 0; j < n; ++j) {
    store_key(blocks.data(), rows + j * stride, j, s);
  }
  return blocks;
}

constexpr long query_rows = 32; // of a piece of the backward pass

/// Rows [first, first + rows) of one query head: adds to its keys' and values' gradients, writes the queries'.
/// p, ds: [rows, padded], scratch.
TROUPE_MULTIVERSION
void backward_piece(float* d_qkv, const float* d_out, const float* out, const float* lse, const float* qkv,
                    const float* keys, const float* values, long first, long rows, long h, const attention_shape& s,
                    float* p, float* ds, float* sums) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(s.d));
  const long g = h / (s.heads / s.kv_heads), row = s.row(), width = s.heads * s.d;
  const long key_at = (s.heads + g) * s.d, value_at = key_at + s.kv_heads * s.d;
  const long end = first + rows, padded = round_up(end);
  for (long r = 0; r < rows; ++r) {
    const long i = first + r, n = i + 1;
    const float* up = d_out + i * width + h * s.d;
    const float delta = dot(up, out + i * width + h * s.d, s.d);
    float* prow = p + r * padded;
    float* dsrow = ds + r * padded;
    scores_of(prow, qkv + i * row + h * s.d, keys, g, n, scale, s);
    scores_of(dsrow, up, values, g, n, 1.0F, s);
    const float shift = lse[i * s.heads + h];
    for (long j = 0; j < n; ++j) {
      prow[j] = exponential(prow[j] - shift);
      dsrow[j] = prow[j] * (dsrow[j] - delta) * scale;
    }
    weighted_sum(d_qkv + i * row + h * s.d, dsrow, qkv + key_at, row, n, s.d);
  }
  for (long j = 0; j < end; ++j) { // each key gathers from the queries at or after it
    const long from = std::max(first, j);
    float column[query_rows];
    const long count = end - from;
    for (long r = 0; r < count; ++r) {
      column[r] = ds[(from - first + r) * padded + j];
    }
    weighted_sum(sums, column, qkv + from * row + h * s.d, row, count, s.d);
    add_scaled(d_qkv + j * row + key_at, sums, 1.0F, s.d);
    for (long r = 0; r < count; ++r) {
      column[r] = p[(from - first + r) * padded + j];
    }
    weighted_sum(sums, column, d_out + from * width + h * s.d, width, count, s.d);
    add_scaled(d_qkv + j * row + value_at, sums, 1.0F, s.d);
  }
}

} // namespace

void store_key(float* keys, const float* k, long position, const attention_shape& s) {
  float* to = keys + position / lanes * lanes * s.kv_heads * s.d + position % lanes;
  for (long i = 0; i < s.kv_heads * s.d; ++i) {
    to[i * lanes] = k[i];
  }
}

TROUPE_MULTIVERSION
void attention_row(float* out, float* lse, const float* q, const float* keys, const float* values, long value_stride,
                   long n, const attention_shape& s, float* scratch) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(s.d));
  const long share = s.heads / s.kv_heads, padded = round_up(n);
  for (long h = 0; h < s.heads; ++h) {
    const long g = h / share;
    scores_of(scratch, q + h * s.d, keys, g, n, scale, s);
    const float top = largest(scratch, n);
    for (long j = 0; j < padded; ++j) {
      scratch[j] = exponential(scratch[j] - top);
    }
    std::fill(scratch + n, scratch + padded, 0.0F);
    const float total = sum_of(scratch, padded);
    float* result = out + h * s.d;
    weighted_sum(result, scratch, values + g * s.d, value_stride, n, s.d);
    const float inverse = 1.0F / total;
    for (long i = 0; i < s.d; ++i) {
      result[i] *= inverse;
    }
    if (lse != nullptr) {
      lse[h] = top + std::log(total);
    }
  }
}

void attention_sequence(float* out, float* lse, const float* qkv, long n, const attention_shape& s) {
  const float* k = qkv + s.heads * s.d;
  const float* v = k + s.kv_heads * s.d;
  const auto keys = blocks_of(k, s.row(), n, s);
  std::vector<float> scratch(static_cast<std::size_t>(round_up(n)));
  for (long i = 0; i < n; ++i) {
    attention_row(out + i * s.heads * s.d, lse + i * s.heads, qkv + i * s.row(), keys.data(), v, s.row(), i + 1, s,
                  scratch.data());
  }
}

void attention_sequence_backward(float* d_qkv, const float* d_out, const float* out, const float* lse, const float* qkv,
                                 long n, const attention_shape& s) {
  const float* k = qkv + s.heads * s.d;
  const auto keys = blocks_of(k, s.row(), n, s);
  const auto values = blocks_of(k + s.kv_heads * s.d, s.row(), n, s);
  const auto piece = static_cast<std::size_t>(query_rows * round_up(n));
  std::vector<float> p(piece), ds(piece), sums(static_cast<std::size_t>(s.d));
  std::fill(d_qkv, d_qkv + n * s.row(), 0.0F);
  for (long h = 0; h < s.heads; ++h) {
    for (long first = 0; first < n; first += query_rows) {
      backward_piece(d_qkv, d_out, out, lse, qkv, keys.data(), values.data(), first, std::min(query_rows, n - first), h,
                     s, p.data(), ds.data(), sums.data());
    }
  }
}

} // namespace troupe::gpu::kernel
