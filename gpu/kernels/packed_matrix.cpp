// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/packed_matrix.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::gpu::kernel {

namespace {

constexpr long width = 64;    // columns of a block
constexpr long rows_max = 6;  // rows of a register tile
constexpr long k_chunk = 512; // a block's part that stays in the second-level cache

template <int Bytes>
struct vector_of {
  typedef float type __attribute__((vector_size(Bytes)));
};

/// Rows x (Vectors * lanes) of y. `add`: go on from what y holds; the order of additions is that of one long loop.
template <int Bytes, int Rows, int Vectors>
__attribute__((always_inline)) inline void tile(float* y, long y_stride, left_matrix a, const float* b, long k,
                                                bool add) {
  using V = typename vector_of<Bytes>::type;
  constexpr long lanes = Bytes / static_cast<long>(sizeof(float));
  V sums[Rows][Vectors] = {};
  if (add) {
    for (int r = 0; r < Rows; ++r) {
      for (int v = 0; v < Vectors; ++v) {
        std::memcpy(&sums[r][v], y + r * y_stride + v * lanes, sizeof(V));
      }
    }
  }
  for (long i = 0; i < k; ++i) {
    V columns[Vectors];
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(&columns[v], b + i * width + v * lanes, sizeof(V));
    }
    for (int r = 0; r < Rows; ++r) {
      const float x = a.data[r * a.row_stride + i * a.k_stride];
      for (int v = 0; v < Vectors; ++v) {
        sums[r][v] += columns[v] * x;
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(y + r * y_stride + v * lanes, &sums[r][v], sizeof(V));
    }
  }
}

/// One block of 64 columns, `Vectors` vectors at a time; `used` of the columns are real.
template <int Bytes, int Rows, int Vectors>
__attribute__((always_inline)) inline void block(float* y, long y_stride, left_matrix a, const float* b, long k,
                                                 bool add, long used) {
  constexpr long step = Vectors * Bytes / static_cast<long>(sizeof(float));
  for (long c = 0; c < used; c += step) {
    if (c + step <= used) {
      tile<Bytes, Rows, Vectors>(y + c, y_stride, a, b + c, k, add);
      continue;
    }
    float part[Rows * step] = {};
    for (long r = 0; add && r < Rows; ++r) {
      std::copy(y + r * y_stride + c, y + r * y_stride + used, part + r * step);
    }
    tile<Bytes, Rows, Vectors>(part, step, a, b + c, k, add);
    for (long r = 0; r < Rows; ++r) {
      std::copy(part + r * step, part + r * step + (used - c), y + r * y_stride + c);
    }
  }
}

template <int Bytes, int Vectors>
__attribute__((always_inline)) inline void rows(float* y, long n, left_matrix a, const float* b, long m, long k,
                                                bool add, long used) {
  const auto below = [&](long r) { return left_matrix{a.data + r * a.row_stride, a.row_stride, a.k_stride}; };
  long r = 0;
  for (; r + rows_max <= m; r += rows_max) {
    block<Bytes, rows_max, Vectors>(y + r * n, n, below(r), b, k, add, used);
  }
  for (; r + 2 <= m; r += 2) {
    block<Bytes, 2, Vectors>(y + r * n, n, below(r), b, k, add, used);
  }
  if (r < m) {
    block<Bytes, 1, Vectors>(y + r * n, n, below(r), b, k, add, used);
  }
}

using rows_function = void (*)(float*, long, left_matrix, const float*, long, long, bool, long);

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v4"))) void rows_v4(float* y, long n, left_matrix a, const float* b, long m, long k,
                                                       bool add, long used) {
  rows<64, 4>(y, n, a, b, m, k, add, used); // 24 sums in 32 registers
}
__attribute__((target("arch=x86-64-v3"))) void rows_v3(float* y, long n, left_matrix a, const float* b, long m, long k,
                                                       bool add, long used) {
  rows<32, 2>(y, n, a, b, m, k, add, used); // 12 sums in 16 registers
}
#endif
void rows_any(float* y, long n, left_matrix a, const float* b, long m, long k, bool add, long used) {
  rows<16, 2>(y, n, a, b, m, k, add, used);
}

rows_function best_rows() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) {
    return rows_v4;
  }
  if (__builtin_cpu_supports("x86-64-v3")) {
    return rows_v3;
  }
#endif
  return rows_any;
}
const rows_function multiply_rows = best_rows();

} // namespace

packed_matrix::packed_matrix(long n, long k)
    : n_(n), k_(k), blocks_(static_cast<std::size_t>((n + width - 1) / width * width * k)) {}

packed_matrix packed_matrix::transposed(const float* w, long n, long k) {
  packed_matrix p{n, k};
  for (long begin = 0; begin < k; begin += width) { // piece by piece: what is written stays in the first-level cache
    const long end = std::min(k, begin + width);
    for (long c = 0; c < n; ++c) {
      float* to = p.blocks_.data() + c / width * width * k + c % width;
      for (long i = begin; i < end; ++i) {
        to[i * width] = w[c * k + i];
      }
    }
  }
  return p;
}

packed_matrix packed_matrix::plain(const float* w, long k, long n) {
  packed_matrix p{n, k};
  for (long c = 0; c < n; c += width) {
    for (long i = 0; i < k; ++i) {
      std::copy(w + i * n + c, w + i * n + std::min(n, c + width), p.blocks_.data() + c * k + i * width);
    }
  }
  return p;
}

void packed_matrix::multiply(float* y, left_matrix a, long m) const {
  for (long i = 0; i < k_; i += k_chunk) {
    const left_matrix part{a.data + i * a.k_stride, a.row_stride, a.k_stride};
    for (long c = 0; c < n_; c += width) {
      multiply_rows(y + c, n_, part, blocks_.data() + c * k_ + i * width, m, std::min(k_chunk, k_ - i), i > 0,
                    std::min(width, n_ - c));
    }
  }
}

void packed_matrix::multiply_transposed(float* y, const float* a, long m, long begin, long end) const {
  const long groups = (end - begin + rows_max - 1) / rows_max;
  std::vector<float> turned(static_cast<std::size_t>(groups * rows_max * std::min(k_chunk, k_))); // [group, k, 6]
  for (long i = 0; i < k_; i += k_chunk) {
    const long chunk = std::min(k_chunk, k_ - i);
    for (long j = 0; j < chunk; ++j) {
      const float* row = a + (i + j) * m + begin;
      for (long r = 0; r < end - begin; r += rows_max) {
        const long used = std::min(rows_max, end - begin - r);
        std::copy(row + r, row + r + used, turned.data() + r * chunk + j * rows_max);
      }
    }
    for (long c = 0; c < n_; c += width) {
      for (long r = 0; r < end - begin; r += rows_max) {
        multiply_rows(y + (begin + r) * n_ + c, n_, {turned.data() + r * chunk, 1, rows_max},
                      blocks_.data() + c * k_ + i * width, std::min(rows_max, end - begin - r), chunk, i > 0,
                      std::min(width, n_ - c));
      }
    }
  }
}

bool has_wide_vectors() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("x86-64-v4") != 0;
#else
  return false;
#endif
}

} // namespace troupe::gpu::kernel
