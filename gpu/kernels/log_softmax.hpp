// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::gpu::kernel {

/// y[r, i] = x[r, i] - logsumexp(x[r]), [rows, n]. A row's result depends on that row alone, bit for bit. y may be x.
void log_softmax_forward(float* y, const float* x, long rows, long n);

/// dx[r, i] = dy[r, i] - exp(y[r, i]) * sum(dy[r]), written.
void log_softmax_backward(float* dx, const float* dy, const float* y, long rows, long n);

/// y[i] = e^x[i], n floats; x below -87 counts as -87.
void exponentials(float* y, const float* x, long n);

} // namespace troupe::gpu::kernel
