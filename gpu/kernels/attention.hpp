// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::gpu::kernel {

/// Heads of one token row: q [heads, d] at the start of qkv's row, then k [kv_heads, d], then v [kv_heads, d].
/// Keys are kept in blocks of 16 positions, [ceil(n / 16), kv_heads, d, 16], so that one vector holds the same element
/// of 16 keys and no score needs a sum across lanes. Values are rows [n, kv_heads, d].
struct attention_shape {
  long heads = 0;
  long kv_heads = 0;
  long d = 0;

  long row() const { return (heads + 2 * kv_heads) * d; }
  long keys_size(long n) const { return (n + 15) / 16 * 16 * kv_heads * d; } ///< floats of n keys in blocks
};

/// Writes one key. k: [kv_heads, d].
void store_key(float* keys, const float* k, long position, const attention_shape& s);

/// One query row against the first `n` keys. q, out: [heads, d]; lse: [heads], may be null; `value_stride`: floats from
/// one value row to the next; scratch: n + 15 floats. Full sequences, prefill and decoding all come here, so their
/// results agree bit for bit. The rest of the last block of keys is read, so it must hold numbers, which do not matter.
void attention_row(float* out, float* lse, const float* q, const float* keys, const float* values, long value_stride,
                   long n, const attention_shape& s, float* scratch);

/// Causal attention within one sequence of `n` tokens: qkv [n, row], rotated -> out [n, heads d], lse [n, heads].
void attention_sequence(float* out, float* lse, const float* qkv, long n, const attention_shape& s);

/// d_qkv: [n, row], written.
void attention_sequence_backward(float* d_qkv, const float* d_out, const float* out, const float* lse, const float* qkv,
                                 long n, const attention_shape& s);

} // namespace troupe::gpu::kernel
