// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace troupe::gpu::kernel {

/// y = x w^T, each element summed over k in the same order whatever the number of rows, so that a row's result never
/// depends on its neighbours. x: [m, k], w: [n, k], y: [m, n]. Pack w once, then use it for any rows.
class packed_matrix {
public:
  packed_matrix(const float* w, long n, long k);
  /// Safe from any thread.
  void multiply(float* y, const float* x, long m) const;

private:
  long n_ = 0;
  long k_ = 0;
  std::vector<float> columns_; ///< [ceil(n / 64), k, 64], padded with zeros
};

} // namespace troupe::gpu::kernel
