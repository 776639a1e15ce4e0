// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <ATen/core/Tensor.h>
#include <cstdint>

namespace troupe::gpu {

/// AdamW over one flat fp32 buffer (P parameters, or one rank's part of them) with `at::_fused_adamw_`: decoupled
/// weight decay over ALL of it, norm scales and embeddings included; the recipes leave it at 0. A learning rate of 0
/// leaves every bit of the parameters as it was. Not thread-safe. Source: Loshchilov and Hutter, arXiv 1711.05101,
/// algorithm 2.
class adamw {
public:
  /// What a checkpoint keeps beside the weights.
  struct state {
    at::Tensor exp_avg;    ///< [P] fp32
    at::Tensor exp_avg_sq; ///< [P] fp32
    std::int64_t step = 0; ///< updates applied
  };

  /// `parameters` is updated in place.
  explicit adamw(at::Tensor parameters);

  struct outcome {
    double grad_norm = 0; ///< before clipping; not finite when the update was skipped
    bool applied = true;  ///< false: a gradient was not finite and nothing changed, neither parameters nor state
  };
  /// gradients: [P] fp32; scaled in place to a global norm of at most max_grad_norm.
  outcome step(at::Tensor& gradients, const optimizer_options& how) { return step(gradients, norm_of(gradients), how); }
  /// `norm` is that of the whole gradient, of which `gradients` is the part that belongs to these parameters.
  outcome step(at::Tensor& gradients, double norm, const optimizer_options& how);
  /// In double: the square of a large but finite gradient must not look like an overflow.
  static double norm_of(const at::Tensor& gradients);

  const state& present() const noexcept { return state_; }
  /// Copies; sizes must be those of the parameters.
  void restore(const state& from);

private:
  at::Tensor parameters_;
  state state_;
};

} // namespace troupe::gpu
