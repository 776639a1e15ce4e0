// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/log_softmax.hpp"

#include "gpu/kernels/exponential.hpp"
#include "gpu/kernels/vector.hpp"

#include <cmath>

namespace troupe::gpu::kernel {

TROUPE_MULTIVERSION
void log_softmax_forward(float* y, const float* x, long rows, long n) {
  for (long r = 0; r < rows; ++r) {
    const float* in = x + r * n;
    const float top = largest(in, n);
    const float shift = top + std::log(sum_of_exponentials(in, top, n));
    for (long i = 0; i < n; ++i) {
      y[r * n + i] = in[i] - shift;
    }
  }
}

TROUPE_MULTIVERSION
void log_softmax_backward(float* dx, const float* dy, const float* y, long rows, long n) {
  for (long r = 0; r < rows; ++r) {
    const float* up = dy + r * n;
    const float total = sum_of(up, n);
    for (long i = 0; i < n; ++i) {
      dx[r * n + i] = up[i] - exponential(y[r * n + i]) * total;
    }
  }
}

TROUPE_MULTIVERSION
void exponentials(float* y, const float* x, long n) {
  for (long i = 0; i < n; ++i) {
    y[i] = exponential(x[i]);
  }
}

} // namespace troupe::gpu::kernel
