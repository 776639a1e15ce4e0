// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/flat_weights.hpp"

#include <ATen/core/Tensor.h>
#include <functional>

/// The one forward of Troupe, Llama's (what another family touches: docs/architecture.md, "Where to add things"):
/// sampler and trainer both run `decode_layers`; they differ only in where attention finds its keys. Every row of a
/// result depends on its own row of the input and on the keys it attends to, never on its neighbours; with
/// `deterministic` that holds bit for bit. Letters: T tokens (rows), H, V, D as in flat_weights.hpp, Q heads, K
/// kv_heads, N sequences.
namespace troupe::gpu {

class packed_weights;

struct decode_mode {
  bool deterministic = false;             ///< row-invariant GEMMs wherever the library's would be used
  const packed_weights* packed = nullptr; ///< of the weights that are decoded with, where someone keeps them
};

/// Attention of one layer: qkv [T, (Q + 2K) D], not rotated yet -> [T, Q D].
using attend_function = std::function<at::Tensor(std::size_t layer, const at::Tensor& qkv)>;

/// tokens: [T] int64 -> hidden states after the last norm, [T, H]. Differentiable where autograd is on.
at::Tensor decode_layers(const model_shape& shape, const decoder_weights& w, const at::Tensor& tokens,
                         const attend_function& attend, decode_mode mode);

/// Whole sequences, packed one after the other. tokens, positions: [T] int64; cu_seqlens: [N + 1] int32, on the CPU.
at::Tensor hidden_full(const model_shape& shape, const decoder_weights& w, const at::Tensor& tokens,
                       const at::Tensor& positions, const at::Tensor& cu_seqlens, decode_mode mode);

/// hidden: [T, H] -> logits / temperature, [T, V] fp32.
at::Tensor logits_of(const decoder_weights& w, const at::Tensor& hidden, double temperature, decode_mode mode);

/// Log-softmax over the vocabulary: [T, V] -> [T, V]. Sampler and trainer read every log-probability from here.
at::Tensor log_softmax_rows(const at::Tensor& logits);

} // namespace troupe::gpu
