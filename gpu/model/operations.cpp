// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/operations.hpp"

#include "gpu/kernels/linear_invariant.hpp"
#include "gpu/kernels/rms_norm.hpp"
#include "gpu/kernels/swiglu.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

namespace troupe::gpu::op {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t grain_rows = 64;

struct rms_norm_function : torch::autograd::Function<rms_norm_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w, double epsilon) {
    const auto in = x.contiguous();
    const std::int64_t rows = in.size(0), h = in.size(1);
    auto y = at::empty_like(in);
    auto inverse = at::empty({rows}, in.options());
    at::parallel_for(0, rows, grain_rows, [&](std::int64_t a, std::int64_t b) {
      kernel::rms_norm_forward(y.data_ptr<float>() + a * h, inverse.data_ptr<float>() + a,
                               in.const_data_ptr<float>() + a * h, w.const_data_ptr<float>(), b - a, h,
                               static_cast<float>(epsilon));
    });
    context->save_for_backward({in, w, inverse});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto saved = context->get_saved_variables();
    const auto dy = up[0].contiguous();
    auto dx = at::empty_like(saved[0]);
    auto dw = at::zeros_like(saved[1]);
    kernel::rms_norm_backward(dx.data_ptr<float>(), dw.data_ptr<float>(), dy.const_data_ptr<float>(),
                              saved[0].const_data_ptr<float>(), saved[1].const_data_ptr<float>(),
                              saved[2].const_data_ptr<float>(), dy.size(0), dy.size(1));
    return {dx, dw, at::Tensor{}};
  }
};

struct swiglu_function : torch::autograd::Function<swiglu_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up) {
    const auto in = gate_up.contiguous();
    const std::int64_t rows = in.size(0), f = in.size(1) / 2;
    auto y = at::empty({rows, f}, in.options());
    at::parallel_for(0, rows, grain_rows, [&](std::int64_t a, std::int64_t b) {
      kernel::swiglu_forward(y.data_ptr<float>() + a * f, in.const_data_ptr<float>() + a * 2 * f, b - a, f);
    });
    context->save_for_backward({in});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto saved = context->get_saved_variables();
    const auto dy = up[0].contiguous();
    const std::int64_t f = dy.size(1);
    auto dx = at::empty_like(saved[0]);
    at::parallel_for(0, dy.size(0), grain_rows, [&](std::int64_t a, std::int64_t b) {
      kernel::swiglu_backward(dx.data_ptr<float>() + a * 2 * f, dy.const_data_ptr<float>() + a * f,
                              saved[0].const_data_ptr<float>() + a * 2 * f, b - a, f);
    });
    return {dx};
  }
};

struct invariant_linear_function : torch::autograd::Function<invariant_linear_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w) {
    const auto in = x.contiguous();
    const auto weight = w.contiguous();
    const std::int64_t k = in.size(1), n = weight.size(0);
    const kernel::packed_matrix packed{weight.const_data_ptr<float>(), n, k};
    auto y = at::empty({in.size(0), n}, in.options());
    at::parallel_for(0, in.size(0), grain_rows, [&](std::int64_t a, std::int64_t b) {
      packed.multiply(y.data_ptr<float>() + a * n, in.const_data_ptr<float>() + a * k, b - a);
    });
    context->save_for_backward({in, weight});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto saved = context->get_saved_variables();
    return {at::mm(up[0], saved[1]), at::mm(up[0].t(), saved[0])};
  }
};

bool has_kernels(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

} // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w, double epsilon) {
  if (has_kernels(x)) {
    return rms_norm_function::apply(x, w, epsilon);
  }
  return x * at::rsqrt(at::mean(x * x, {-1}, true) + epsilon) * w;
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  if (has_kernels(gate_up)) {
    return swiglu_function::apply(gate_up);
  }
  const auto f = gate_up.size(1) / 2;
  return at::silu(gate_up.narrow(1, 0, f)) * gate_up.narrow(1, f, f);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& w, decode_mode mode) {
  return mode.deterministic && has_kernels(x) ? invariant_linear_function::apply(x, w) : at::linear(x, w);
}

} // namespace troupe::gpu::op
