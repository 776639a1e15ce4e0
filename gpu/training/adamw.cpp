// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/adamw.hpp"

#include "runtime/check.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <utility>

namespace troupe::gpu {

adamw::adamw(at::Tensor parameters)
    : parameters_(std::move(parameters)), state_{at::zeros_like(parameters_), at::zeros_like(parameters_), 0} {
  TROUPE_CHECK(parameters_.dim() == 1 && parameters_.scalar_type() == at::kFloat, "dim ", parameters_.dim());
}

double adamw::norm_of(const at::Tensor& gradients) {
  const at::NoGradGuard no_grad;
  return at::linalg_vector_norm(gradients, 2, {}, false, at::kDouble).item<double>();
}

adamw::outcome adamw::step(at::Tensor& gradients, double norm, const optimizer_options& how) {
  const at::NoGradGuard no_grad;
  TROUPE_CHECK(gradients.numel() == parameters_.numel(), gradients.numel(), " gradients, ", parameters_.numel(),
               " parameters");
  if (!std::isfinite(norm)) {
    return {norm, false};
  }
  if (how.max_grad_norm > 0 && norm > how.max_grad_norm) {
    gradients.mul_(how.max_grad_norm / (norm + 1e-6));
  }
  const auto number = at::full({}, static_cast<double>(state_.step + 1), gradients.options());
  at::_fused_adamw_({parameters_}, {gradients}, {state_.exp_avg}, {state_.exp_avg_sq}, {}, {number}, how.learning_rate,
                    how.adam_beta1, how.adam_beta2, how.weight_decay, how.adam_epsilon, /*amsgrad=*/false,
                    /*maximize=*/false);
  ++state_.step;
  return {norm, true};
}

void adamw::restore(const state& from) {
  TROUPE_CHECK(from.exp_avg.numel() == parameters_.numel() && from.exp_avg_sq.numel() == parameters_.numel(),
               from.exp_avg.numel(), " and ", from.exp_avg_sq.numel(), " entries for ", parameters_.numel());
  state_.exp_avg.copy_(from.exp_avg);
  state_.exp_avg_sq.copy_(from.exp_avg_sq);
  state_.step = from.step;
}

} // namespace troupe::gpu
