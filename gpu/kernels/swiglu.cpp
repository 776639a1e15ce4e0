// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/swiglu.hpp"

#include "gpu/kernels/exponential.hpp"
#include "gpu/kernels/vector.hpp"

namespace troupe::gpu::kernel {

TROUPE_MULTIVERSION
void swiglu_forward(float* y, const float* gate_up, long rows, long f) {
  for (long r = 0; r < rows; ++r) {
    const float* gate = gate_up + r * 2 * f;
    const float* up = gate + f;
    float* out = y + r * f;
    for (long i = 0; i < f; ++i) {
      out[i] = gate[i] / (1.0F + exponential(-gate[i])) * up[i];
    }
  }
}

TROUPE_MULTIVERSION
void swiglu_backward(float* d_gate_up, const float* dy, const float* gate_up, long rows, long f) {
  for (long r = 0; r < rows; ++r) {
    const float* gate = gate_up + r * 2 * f;
    const float* up = gate + f;
    const float* above = dy + r * f;
    float* d_gate = d_gate_up + r * 2 * f;
    float* d_up = d_gate + f;
    for (long i = 0; i < f; ++i) {
      const float s = 1.0F / (1.0F + exponential(-gate[i]));
      d_gate[i] = above[i] * up[i] * s * (1.0F + gate[i] * (1.0F - s));
      d_up[i] = above[i] * gate[i] * s;
    }
  }
}

} // namespace troupe::gpu::kernel
