// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/decoder.hpp"

/// The decoder's parts as differentiable functions on tensors. On the CPU in fp32 they run the kernels of gpu/kernels;
/// on any other device, compositions of ATen's.
namespace troupe::gpu::op {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w, double epsilon); // [T, H], [H] -> [T, H]
at::Tensor swiglu(const at::Tensor& gate_up);                                  // [T, 2F] -> [T, F]
at::Tensor linear(const at::Tensor& x, const at::Tensor& w, decode_mode mode); // [T, K], [N, K] -> [T, N]
at::Tensor log_softmax(const at::Tensor& x);                                   // over rows, [T, V] -> [T, V]
/// qkv [T, (Q + 2K) D], not rotated -> [T, Q D]; causal within each packed sequence.
at::Tensor attention(const model_shape& shape, const at::Tensor& qkv, const at::Tensor& positions,
                     const at::Tensor& cu_seqlens);

/// The two halves of `attention`, without gradient, for a caller that keeps keys between them.
/// Rotates q and k of qkv in place; `direction` is 1, or -1 for the way back.
void rotate(const model_shape& shape, at::Tensor& qkv, const at::Tensor& positions, float direction);
/// lse: [T, Q], written where kernels of ours run.
at::Tensor attend_rotated(const model_shape& shape, const at::Tensor& rotated, const at::Tensor& cu_seqlens,
                          at::Tensor& lse);

} // namespace troupe::gpu::op
