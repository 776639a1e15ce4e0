// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/decoder.hpp"

#include "gpu/model/operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>

namespace troupe::gpu {

at::Tensor decode_layers(const model_shape& shape, const decoder_weights& w, const at::Tensor& tokens,
                         const attend_function& attend, decode_mode mode) {
  auto x = at::embedding(w.embedding, tokens); // [T, H]
  for (std::size_t i = 0; i < w.layers.size(); ++i) {
    const auto& l = w.layers[i];
    const auto qkv = op::linear(op::rms_norm(x, l.input_norm, shape.rms_norm_eps), l.qkv, mode);
    x = x + op::linear(attend(i, qkv), l.out, mode);
    const auto gate_up = op::linear(op::rms_norm(x, l.post_norm, shape.rms_norm_eps), l.gate_up, mode);
    x = x + op::linear(op::swiglu(gate_up), l.down, mode);
  }
  return op::rms_norm(x, w.final_norm, shape.rms_norm_eps);
}

at::Tensor hidden_full(const model_shape& shape, const decoder_weights& w, const at::Tensor& tokens,
                       const at::Tensor& positions, const at::Tensor& cu_seqlens, decode_mode mode) {
  const attend_function attend = [&](std::size_t, const at::Tensor& qkv) {
    return op::attention(shape, qkv, positions, cu_seqlens);
  };
  return decode_layers(shape, w, tokens, attend, mode);
}

at::Tensor logits_of(const decoder_weights& w, const at::Tensor& hidden, double temperature, decode_mode mode) {
  const auto logits = op::linear(hidden, w.head, mode);
  return temperature == 1.0 ? logits : logits / temperature;
}

at::Tensor log_softmax_rows(const at::Tensor& logits) {
  return op::log_softmax(logits);
}

} // namespace troupe::gpu
