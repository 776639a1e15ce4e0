// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/policy.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <utility>

namespace troupe::gpu {
namespace {

template <class T>
at::Tensor tensor_of(const std::vector<T>& values, at::ScalarType type, const at::Device& device) {
  return at::tensor(values, at::TensorOptions{}.dtype(type)).to(device);
}

/// `part` becomes a leaf whose gradient is accumulated in `gradient`.
void make_leaf(at::Tensor& part, const at::Tensor& gradient) {
  part = part.detach().requires_grad_();
  part.mutable_grad() = gradient;
}

} // namespace

device_batch to_device(const packed_batch& from, const at::Device& device) {
  return {.tokens = tensor_of(from.tokens, at::kLong, device),
          .positions = tensor_of(from.positions, at::kLong, device),
          .cu_seqlens = tensor_of(from.cu_seqlens, at::kInt, at::kCPU),
          .rows = tensor_of(from.rows, at::kLong, device),
          .targets = tensor_of(from.targets, at::kLong, device),
          .weights = tensor_of(from.weights, at::kFloat, device),
          .advantages = tensor_of(from.advantages, at::kFloat, device),
          .sampler_logprobs = tensor_of(from.sampler_logprobs, at::kFloat, device),
          .single_version = tensor_of(from.single_version, at::kFloat, device)};
}

token_logprobs forward(const model_shape& shape, const decoder_weights& w, const device_batch& batch,
                       double temperature, decode_mode mode) {
  const auto hidden = hidden_full(shape, w, batch.tokens, batch.positions, batch.cu_seqlens, mode);
  const auto all = log_softmax_rows(logits_of(w, hidden.index_select(0, batch.rows), temperature, mode)); // [C, V]
  token_logprobs result{.logprobs = all.gather(1, batch.targets.unsqueeze(1)).squeeze(1), .entropy = {}};
  const at::NoGradGuard no_grad;
  const auto constant = all.detach();
  result.entropy = -(constant.exp().mul_(constant)).sum(1);
  return result;
}

policy::policy(const model_shape& shape, const at::Tensor& flat, std::uint32_t shares)
    : shape_(shape), padded_flat_(at::zeros({(flat.numel() + shares - 1) / shares * shares}, flat.options())),
      padded_gradients_(at::zeros_like(padded_flat_)), flat_(padded_flat_.narrow(0, 0, flat.numel())),
      gradients_(padded_gradients_.narrow(0, 0, flat.numel())) {
  flat_.copy_(flat);
  leaves_ = bind_weights(shape_, flat_);
  auto parts = bind_weights(shape_, gradients_);
  make_leaf(leaves_.embedding, parts.embedding);
  for (std::size_t i = 0; i < leaves_.layers.size(); ++i) {
    auto& l = leaves_.layers[i];
    auto& g = parts.layers[i];
    make_leaf(l.input_norm, g.input_norm);
    make_leaf(l.qkv, g.qkv);
    make_leaf(l.out, g.out);
    make_leaf(l.post_norm, g.post_norm);
    make_leaf(l.gate_up, g.gate_up);
    make_leaf(l.down, g.down);
  }
  make_leaf(leaves_.final_norm, parts.final_norm);
  if (shape_.tie_word_embeddings) {
    leaves_.head = leaves_.embedding;
  } else {
    make_leaf(leaves_.head, parts.head);
  }
}

} // namespace troupe::gpu
