// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::gpu::kernel {

/// Heads of one token row: q [heads, d] at the start of qkv's row, then k [kv_heads, d], then v [kv_heads, d].
struct attention_shape {
  long heads = 0;
  long kv_heads = 0;
  long d = 0;
  long row() const { return (heads + 2 * kv_heads) * d; }
};

/// One query row against `n` keys. q: [heads, d]; keys and values: key j of kv head g at keys + j * stride + g * d.
/// out: [heads, d]; lse: [heads], may be null; scratch: n floats. Full sequences, prefill and decoding all come here, so
/// their results agree bit for bit.
void attention_row(float* out, float* lse, const float* q, const float* keys, const float* values, long stride, long n,
                   const attention_shape& s, float* scratch);

/// Causal attention within one sequence of `n` tokens: qkv [n, row] -> out [n, heads d], lse [n, heads].
void attention_sequence(float* out, float* lse, const float* qkv, long n, const attention_shape& s, float* scratch);

/// d_qkv: [n, row], written. scratch: n floats.
void attention_sequence_backward(float* d_qkv, const float* d_out, const float* out, const float* lse, const float* qkv,
                                 long n, const attention_shape& s, float* scratch);

} // namespace troupe::gpu::kernel
