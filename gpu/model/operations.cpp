// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/operations.hpp"

#include "gpu/kernels/log_softmax.hpp"
#include "gpu/kernels/packed_matrix.hpp"
#include "gpu/kernels/rms_norm.hpp"
#include "gpu/kernels/swiglu.hpp"
#include "gpu/model/packed_weights.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mean.h>
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

struct log_softmax_function : torch::autograd::Function<log_softmax_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
    const auto in = x.contiguous();
    const std::int64_t n = in.size(1);
    auto y = at::empty_like(in);
    at::parallel_for(0, in.size(0), grain_rows, [&](std::int64_t a, std::int64_t b) {
      kernel::log_softmax_forward(y.data_ptr<float>() + a * n, in.const_data_ptr<float>() + a * n, b - a, n);
    });
    context->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto y = context->get_saved_variables()[0];
    const auto dy = up[0].contiguous();
    const std::int64_t n = y.size(1);
    auto dx = at::empty_like(y);
    at::parallel_for(0, y.size(0), grain_rows, [&](std::int64_t a, std::int64_t b) {
      kernel::log_softmax_backward(dx.data_ptr<float>() + a * n, dy.const_data_ptr<float>() + a * n,
                                   y.const_data_ptr<float>() + a * n, b - a, n);
    });
    return {dx};
  }
};

/// x [m, k] times a packed matrix, rows shared out to the threads.
at::Tensor multiply(const at::Tensor& x, const kernel::packed_matrix& w) {
  auto y = at::empty({x.size(0), w.n()}, x.options());
  at::parallel_for(0, x.size(0), grain_rows, [&](std::int64_t a, std::int64_t b) {
    w.multiply(y.data_ptr<float>() + a * w.n(), {x.const_data_ptr<float>() + a * w.k(), w.k(), 1}, b - a);
  });
  return y;
}

/// A linear layer on packed matrices, forward and backward; the same bits for any number of threads.
struct packed_linear_function : torch::autograd::Function<packed_linear_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w) {
    const auto in = x.contiguous();
    const auto weight = w.contiguous();
    context->save_for_backward({in, weight});
    return multiply(in, kernel::packed_matrix::transposed(weight.const_data_ptr<float>(), w.size(0), w.size(1)));
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto saved = context->get_saved_variables();
    const auto &in = saved[0], &weight = saved[1];
    const auto dy = up[0].contiguous();
    const std::int64_t rows = in.size(0), n = weight.size(0), k = weight.size(1);
    variable_list gradients(2);
    if (context->needs_input_grad(0)) {
      gradients[0] = multiply(dy, kernel::packed_matrix::plain(weight.const_data_ptr<float>(), n, k));
    }
    if (context->needs_input_grad(1)) {
      const auto packed = kernel::packed_matrix::plain(in.const_data_ptr<float>(), rows, k);
      auto dw = at::empty_like(weight);
      at::parallel_for(0, n, grain_rows, [&](std::int64_t a, std::int64_t b) {
        packed.multiply_transposed(dw.data_ptr<float>(), dy.const_data_ptr<float>(), n, a, b);
      });
      gradients[1] = dw;
    }
    return gradients;
  }
};

bool has_kernels(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat;
}

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

at::Tensor log_softmax(const at::Tensor& x) {
  return has_kernels(x) ? log_softmax_function::apply(x) : at::log_softmax(x, -1);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& w, decode_mode mode) {
  if (!has_kernels(x) || !(mode.deterministic || kernel::has_wide_vectors())) {
    return at::linear(x, w);
  }
  if (mode.packed != nullptr && !at::GradMode::is_enabled()) {
    if (const auto* packed = mode.packed->find(w)) {
      return multiply(x.contiguous(), *packed);
    }
  }
  return packed_linear_function::apply(x, w);
}

} // namespace troupe::gpu::op
