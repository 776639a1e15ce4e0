// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/rms_norm.hpp"

#include "gpu/kernels/vector.hpp"

#include <cmath>

namespace troupe::gpu::kernel {

TROUPE_MULTIVERSION
void rms_norm_forward(float* y, float* inverse_rms, const float* x, const float* w, long rows, long h, float epsilon) {
  for (long r = 0; r < rows; ++r) {
    const float* in = x + r * h;
    float* out = y + r * h;
    const float scale = 1.0F / std::sqrt(dot(in, in, h) / static_cast<float>(h) + epsilon);
    inverse_rms[r] = scale;
    for (long i = 0; i < h; ++i) {
      out[i] = in[i] * scale * w[i];
    }
  }
}

TROUPE_MULTIVERSION
void rms_norm_backward(float* dx, float* dw, const float* dy, const float* x, const float* w, const float* inverse_rms,
                       long rows, long h) {
  for (long r = 0; r < rows; ++r) {
    const float* in = x + r * h;
    const float* up = dy + r * h;
    float* out = dx + r * h;
    const float s = inverse_rms[r];
    for (long i = 0; i < h; ++i) {
      out[i] = up[i] * w[i];
    }
    const float along = dot(out, in, h);
    const float pull = along * s * s * s / static_cast<float>(h);
    for (long i = 0; i < h; ++i) {
      out[i] = out[i] * s - in[i] * pull;
      dw[i] += up[i] * in[i] * s;
    }
  }
}

} // namespace troupe::gpu::kernel
