// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/linear_invariant.hpp"

#include "gpu/kernels/vector.hpp"

#include <algorithm>

namespace troupe::gpu::kernel {

namespace {

constexpr long width = 64; // columns of one packed block: four vectors

/// `rows` rows (1 to 4) times one block; the additions of an element do not depend on `rows`.
template <int Rows>
__attribute__((always_inline)) inline void block(float* y, long y_stride, const float* x, long x_stride, const float* w,
                                                 long k, long columns) {
  floats acc[Rows][4] = {};
  for (long i = 0; i < k; ++i) {
    const float* row = w + i * width;
    const floats b0 = load(row), b1 = load(row + lanes), b2 = load(row + 2 * lanes), b3 = load(row + 3 * lanes);
    for (int r = 0; r < Rows; ++r) {
      const float a = x[r * x_stride + i];
      acc[r][0] += b0 * a;
      acc[r][1] += b1 * a;
      acc[r][2] += b2 * a;
      acc[r][3] += b3 * a;
    }
  }
  for (int r = 0; r < Rows; ++r) {
    float out[width];
    for (int c = 0; c < 4; ++c) {
      store(out + c * lanes, acc[r][c]);
    }
    std::copy(out, out + columns, y + r * y_stride);
  }
}

TROUPE_MULTIVERSION
void multiply_rows(float* y, const float* x, const float* w, long m, long n, long k) {
  for (long c = 0; c < n; c += width) {
    const float* columns = w + c * k;
    const long used = std::min(width, n - c);
    long r = 0;
    for (; r + 4 <= m; r += 4) {
      block<4>(y + r * n + c, n, x + r * k, k, columns, k, used);
    }
    for (; r < m; ++r) {
      block<1>(y + r * n + c, n, x + r * k, k, columns, k, used);
    }
  }
}

} // namespace

packed_matrix::packed_matrix(const float* w, long n, long k)
    : n_(n), k_(k), columns_(static_cast<std::size_t>((n + width - 1) / width * width * k)) {
  for (long c = 0; c < n; ++c) {
    float* to = columns_.data() + c / width * width * k + c % width;
    for (long i = 0; i < k; ++i) {
      to[i * width] = w[c * k + i];
    }
  }
}

void packed_matrix::multiply(float* y, const float* x, long m) const {
  multiply_rows(y, x, columns_.data(), m, n_, k_);
}

} // namespace troupe::gpu::kernel
