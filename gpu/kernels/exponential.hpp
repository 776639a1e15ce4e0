// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

namespace troupe::gpu::kernel {

/// e^x to about 2 ulp, without a branch, so that loops over it vectorise; the same bits wherever it is called.
/// Cody-Waite reduction by ln 2, then a polynomial of degree 6 (Cephes' coefficients). x is clamped to [-87, 88].
__attribute__((always_inline)) inline float exponential(float x) {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float magic = 12582912.0F; // 1.5 * 2^23: adding it rounds to the nearest integer
  const float shifted = x * 1.44269504F + magic;
  const float n = shifted - magic;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float value = p * r * r + r + 1.0F;
  const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return value * power;
}

/// Sum of e^(x[i] - top) over n floats, always in the same order.
__attribute__((always_inline)) inline float sum_of_exponentials(const float* x, float top, long n) {
  constexpr long lanes = 16;
  float sums[lanes] = {};
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (long l = 0; l < lanes; ++l) {
      sums[l] += exponential(x[i + l] - top);
    }
  }
  for (; i < n; ++i) {
    sums[0] += exponential(x[i] - top);
  }
  for (long width = lanes / 2; width > 0; width /= 2) {
    for (long l = 0; l < width; ++l) {
      sums[l] += sums[l + width];
    }
  }
  return sums[0];
}

} // namespace troupe::gpu::kernel
