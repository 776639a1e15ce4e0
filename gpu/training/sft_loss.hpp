// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace troupe::gpu {

/// Negative log-likelihood of the counted completion tokens. logprobs: [C] at temperature 1; weights: [C] each token's
/// share, 1 / (counted tokens of the update) for the mean. Scalar; autograd gives the gradient. Thread-safe: no state.
inline at::Tensor sft_loss(const at::Tensor& logprobs, const at::Tensor& weights) {
  return -logprobs.dot(weights);
}

} // namespace troupe::gpu
