// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::gpu::kernel {

/// gate_up: [rows, 2 f], gate first -> y[r, i] = silu(gate) * up, [rows, f].
void swiglu_forward(float* y, const float* gate_up, long rows, long f);

/// d_gate_up: [rows, 2 f], written.
void swiglu_backward(float* d_gate_up, const float* dy, const float* gate_up, long rows, long f);

} // namespace troupe::gpu::kernel
