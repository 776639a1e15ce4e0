// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/rope.hpp"

#include "gpu/kernels/vector.hpp"

#include <cmath>

namespace troupe::gpu::kernel {

void rope_table(float* cosines, float* sines, long positions, long d, double theta) {
  const long half = d / 2;
  for (long p = 0; p < positions; ++p) {
    for (long i = 0; i < half; ++i) {
      const double angle =
          static_cast<double>(p) * std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(d));
      cosines[p * half + i] = static_cast<float>(std::cos(angle));
      sines[p * half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

TROUPE_MULTIVERSION
void rope_rotate(float* x, long stride, const std::int64_t* positions, const float* cosines, const float* sines,
                 long rows, long heads, long d, float direction) {
  const long half = d / 2;
  for (long r = 0; r < rows; ++r) {
    const float* c = cosines + positions[r] * half;
    const float* s = sines + positions[r] * half;
    for (long h = 0; h < heads; ++h) {
      float* low = x + r * stride + h * d;
      float* high = low + half;
      for (long i = 0; i < half; ++i) {
        const float a = low[i], b = high[i];
        low[i] = a * c[i] - direction * b * s[i];
        high[i] = b * c[i] + direction * a * s[i];
      }
    }
  }
}

} // namespace troupe::gpu::kernel
