// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/decoder.hpp"
#include "gpu/training/packing.hpp"

#include <ATen/core/Tensor.h>

namespace troupe::gpu {

/// A packed micro-batch on the device; members and letters as in packing.hpp.
struct device_batch {
  at::Tensor tokens, positions;
  at::Tensor cu_seqlens; ///< stays on the CPU
  at::Tensor rows, targets, weights, advantages, sampler_logprobs, single_version;
};
device_batch to_device(const packed_batch& from, const at::Device& device);

/// Of each counted token: [C].
struct token_logprobs {
  at::Tensor logprobs;
  at::Tensor entropy; ///< of the distribution it was chosen from; no gradient
};

/// Logits are taken of the counted rows alone.
token_logprobs forward(const model_shape& shape, const decoder_weights& w, const device_batch& batch,
                       double temperature, decode_mode mode);

/// Weights that can be trained: one flat buffer of parameters, one of gradients, and leaves that are views of both, so
/// that backward() adds straight into the flat gradient. Behind both lie zeros up to a multiple of `shares`, so that
/// ranks can divide them evenly. Not thread-safe.
class policy {
public:
  /// Copies `flat`: [P].
  policy(const model_shape& shape, const at::Tensor& flat, std::uint32_t shares = 1);

  const model_shape& shape() const noexcept { return shape_; }
  const at::Tensor& flat() const noexcept { return flat_; }
  at::Tensor& gradients() noexcept { return gradients_; } ///< [P], zeroed by the caller between updates
  const decoder_weights& leaves() const noexcept { return leaves_; }
  at::Tensor& padded_flat() noexcept { return padded_flat_; } ///< [multiple of shares]
  at::Tensor& padded_gradients() noexcept { return padded_gradients_; }

private:
  model_shape shape_;
  at::Tensor padded_flat_;
  at::Tensor padded_gradients_;
  at::Tensor flat_;
  at::Tensor gradients_;
  decoder_weights leaves_;
};

} // namespace troupe::gpu
