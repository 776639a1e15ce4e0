// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::gpu::kernel {

/// y[r, h] = x[r, h] * w[h] / rms(x[r]). inverse_rms: [rows], kept for the backward pass.
void rms_norm_forward(float* y, float* inverse_rms, const float* x, const float* w, long rows, long h, float epsilon);

/// dx: [rows, h], written; dw: [h], added to in row order.
void rms_norm_backward(float* dx, float* dw, const float* dy, const float* x, const float* w, const float* inverse_rms,
                       long rows, long h);

} // namespace troupe::gpu::kernel
