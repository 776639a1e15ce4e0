// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe::gpu::kernel {

/// cosines, sines: [positions, d / 2] of the angles position * theta^(-2 i / d).
void rope_table(float* cosines, float* sines, long positions, long d, double theta);

/// Rotates the first `heads` heads of each row in place, pairs (i, i + d / 2) as Hugging Face's rotate_half does.
/// x: [rows, stride]; positions: [rows]. `direction` is 1, or -1 for the way back.
void rope_rotate(float* x, long stride, const std::int64_t* positions, const float* cosines, const float* sines,
                 long rows, long heads, long d, float direction);

} // namespace troupe::gpu::kernel
