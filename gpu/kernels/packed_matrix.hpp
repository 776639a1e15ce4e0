// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace troupe::gpu::kernel {

/// The left side of a product: element (r, i) at `data[r * row_stride + i * k_stride]`.
struct left_matrix {
  const float* data = nullptr;
  long row_stride = 0;
  long k_stride = 1;
};

/// The right side B [k, n] of y = A B, packed into blocks of 64 columns: pack once, then multiply any rows.
///
/// Invariant: an element of y is the sum over k in ascending order, one fused multiply-add each (where the machine has
/// them), whatever the number of rows and however they are split over threads. So a row's result never depends on its
/// neighbours.
class packed_matrix {
public:
  /// B = w^T for w [n, k]: y = x w^T, what a linear layer computes.
  static packed_matrix transposed(const float* w, long n, long k);
  /// B = w for w [k, n].
  static packed_matrix plain(const float* w, long k, long n);

  /// y: [m, n], written. Safe from any thread.
  void multiply(float* y, left_matrix a, long m) const;

  /// y [m, n] = a^T B for a [k, m]: the weight gradient of a linear layer. Writes rows `begin` to `end` of y alone, so
  /// that threads can share the work.
  void multiply_transposed(float* y, const float* a, long m, long begin, long end) const;

  long n() const noexcept { return n_; }
  long k() const noexcept { return k_; }

private:
  packed_matrix(long n, long k);

  long n_ = 0;
  long k_ = 0;
  std::vector<float> blocks_; ///< [ceil(n / 64), k, 64], padded with zeros
};

/// True where the processor's vectors are wide enough that `packed_matrix` beats a library's GEMM.
bool has_wide_vectors();

} // namespace troupe::gpu::kernel
