// SPDX-License-Identifier: Apache-2.0
#include "gpu/kernels/attention.hpp"
#include "gpu/kernels/rope.hpp"
#include "gpu/model/operations.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sin.h>
#include <map>
#include <mutex>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

namespace troupe::gpu::op {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct table {
  std::vector<float> cosines;
  std::vector<float> sines;
};

/// One table a shape, made once a process.
const table& rope_of(const model_shape& shape) {
  static std::mutex mutex;
  static std::map<std::tuple<std::uint32_t, long, double>, table> tables;
  const long d = shape.hidden_size / shape.num_attention_heads;
  std::lock_guard lock{mutex};
  auto& t = tables[{shape.max_position_embeddings, d, shape.rope_theta}];
  if (t.cosines.empty()) {
    const auto size = static_cast<std::size_t>(shape.max_position_embeddings) * static_cast<std::size_t>(d / 2);
    t.cosines.resize(size);
    t.sines.resize(size);
    kernel::rope_table(t.cosines.data(), t.sines.data(), shape.max_position_embeddings, d, shape.rope_theta);
  }
  return t;
}

kernel::attention_shape heads_of(const model_shape& s) {
  return {.heads = s.num_attention_heads,
          .kv_heads = s.num_key_value_heads,
          .d = static_cast<long>(s.hidden_size / s.num_attention_heads)};
}

struct attention_function : torch::autograd::Function<attention_function> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const model_shape& shape,
                            const at::Tensor& positions, const at::Tensor& cu_seqlens) {
    auto rotated = qkv.clone();
    rotate(shape, rotated, positions, 1.0F);
    auto lse = at::empty({qkv.size(0), heads_of(shape).heads}, qkv.options());
    auto out = attend_rotated(shape, rotated, cu_seqlens, lse);
    context->save_for_backward({rotated, out, lse, positions, cu_seqlens});
    context->saved_data["heads"] = static_cast<std::int64_t>(shape.num_attention_heads);
    context->saved_data["kv_heads"] = static_cast<std::int64_t>(shape.num_key_value_heads);
    context->saved_data["hidden"] = static_cast<std::int64_t>(shape.hidden_size);
    context->saved_data["positions"] = static_cast<std::int64_t>(shape.max_position_embeddings);
    context->saved_data["theta"] = shape.rope_theta;
    return out;
  }
  static variable_list backward(AutogradContext* context, variable_list up) {
    const auto saved = context->get_saved_variables();
    const auto number = [&](const char* name) { return static_cast<std::uint32_t>(context->saved_data[name].toInt()); };
    const model_shape shape{.hidden_size = number("hidden"),
                            .num_attention_heads = number("heads"),
                            .num_key_value_heads = number("kv_heads"),
                            .max_position_embeddings = number("positions"),
                            .rope_theta = context->saved_data["theta"].toDouble()};
    const auto s = heads_of(shape);
    const auto& rotated = saved[0];
    const auto d_out = up[0].contiguous();
    auto d_qkv = at::empty_like(rotated);
    const auto* begins = saved[4].const_data_ptr<std::int32_t>();
    at::parallel_for(0, saved[4].size(0) - 1, 1, [&](std::int64_t a, std::int64_t b) {
      for (std::int64_t i = a; i < b; ++i) {
        const long begin = begins[i], n = begins[i + 1] - begin;
        const long o = begin * s.heads * s.d;
        kernel::attention_sequence_backward(d_qkv.data_ptr<float>() + begin * s.row(),
                                            d_out.const_data_ptr<float>() + o, saved[1].const_data_ptr<float>() + o,
                                            saved[2].const_data_ptr<float>() + begin * s.heads,
                                            rotated.const_data_ptr<float>() + begin * s.row(), n, s);
      }
    });
    rotate(shape, d_qkv, saved[3], -1.0F);
    return {d_qkv, at::Tensor{}, at::Tensor{}, at::Tensor{}};
  }
};

bool has_kernels(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat;
}

/// x: [T, heads, D], rotated by ATen ops alone.
at::Tensor rotate_composed(const at::Tensor& x, const at::Tensor& positions, double theta, float direction) {
  const auto d = x.size(2);
  const auto powers = at::arange(0, d, 2, x.options()) / static_cast<double>(d);
  const auto angles = at::outer(positions.to(x.scalar_type()), at::pow(theta, powers.neg()));
  const auto c = at::cos(angles).unsqueeze(1), s = at::sin(angles).unsqueeze(1) * direction;
  const auto low = x.narrow(2, 0, d / 2), high = x.narrow(2, d / 2, d / 2);
  return at::cat({low * c - high * s, high * c + low * s}, 2);
}

/// q and k of qkv rotated, as [T, (Q + K) D].
at::Tensor queries_and_keys(const model_shape& shape, const at::Tensor& qkv, const at::Tensor& positions,
                            float direction) {
  const auto s = heads_of(shape);
  const auto t = qkv.size(0), heads = s.heads + s.kv_heads;
  const auto x = qkv.narrow(1, 0, heads * s.d).reshape({t, heads, s.d});
  return rotate_composed(x, positions, shape.rope_theta, direction).reshape({t, heads * s.d});
}

/// The same in ATen ops, a sequence at a time: for devices without kernels of ours, and the oracle of the tests.
at::Tensor attend_composed(const model_shape& shape, const at::Tensor& rotated, const at::Tensor& cu_seqlens) {
  const auto s = heads_of(shape);
  const auto t = rotated.size(0);
  const auto q = rotated.narrow(1, 0, s.heads * s.d).reshape({t, s.heads, s.d});
  const auto k = rotated.narrow(1, s.heads * s.d, s.kv_heads * s.d).reshape({t, s.kv_heads, s.d});
  const auto v = rotated.narrow(1, (s.heads + s.kv_heads) * s.d, s.kv_heads * s.d).reshape({t, s.kv_heads, s.d});
  std::vector<at::Tensor> parts;
  const auto* begins = cu_seqlens.const_data_ptr<std::int32_t>();
  for (std::int64_t i = 0; i + 1 < cu_seqlens.size(0); ++i) {
    const auto begin = begins[i], n = begins[i + 1] - begin;
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, begin, n).transpose(0, 1).unsqueeze(0); };
    const auto one = at::scaled_dot_product_attention(part(q), part(k), part(v), {}, 0.0, true, {}, true);
    parts.push_back(one.squeeze(0).transpose(0, 1).reshape({n, s.heads * s.d}));
  }
  return at::cat(parts, 0);
}

at::Tensor attention_composed(const model_shape& shape, const at::Tensor& qkv, const at::Tensor& positions,
                              const at::Tensor& cu_seqlens) {
  const auto s = heads_of(shape);
  const auto values = qkv.narrow(1, (s.heads + s.kv_heads) * s.d, s.kv_heads * s.d);
  return attend_composed(shape, at::cat({queries_and_keys(shape, qkv, positions, 1.0F), values}, 1), cu_seqlens);
}

} // namespace

void rotate(const model_shape& shape, at::Tensor& qkv, const at::Tensor& positions, float direction) {
  const auto s = heads_of(shape);
  if (!has_kernels(qkv)) {
    qkv.narrow(1, 0, (s.heads + s.kv_heads) * s.d).copy_(queries_and_keys(shape, qkv, positions, direction));
    return;
  }
  const auto& t = rope_of(shape);
  at::parallel_for(0, qkv.size(0), 256, [&](std::int64_t a, std::int64_t b) {
    kernel::rope_rotate(qkv.data_ptr<float>() + a * s.row(), s.row(), positions.const_data_ptr<std::int64_t>() + a,
                        t.cosines.data(), t.sines.data(), b - a, s.heads + s.kv_heads, s.d, direction);
  });
}

at::Tensor attend_rotated(const model_shape& shape, const at::Tensor& rotated, const at::Tensor& cu_seqlens,
                          at::Tensor& lse) {
  if (!has_kernels(rotated)) {
    return attend_composed(shape, rotated, cu_seqlens);
  }
  const auto s = heads_of(shape);
  auto out = at::empty({rotated.size(0), s.heads * s.d}, rotated.options());
  const auto* begins = cu_seqlens.const_data_ptr<std::int32_t>();
  at::parallel_for(0, cu_seqlens.size(0) - 1, 1, [&](std::int64_t a, std::int64_t b) {
    for (std::int64_t i = a; i < b; ++i) {
      const long begin = begins[i], n = begins[i + 1] - begin;
      kernel::attention_sequence(out.data_ptr<float>() + begin * s.heads * s.d, lse.data_ptr<float>() + begin * s.heads,
                                 rotated.const_data_ptr<float>() + begin * s.row(), n, s);
    }
  });
  return out;
}

at::Tensor attention(const model_shape& shape, const at::Tensor& qkv, const at::Tensor& positions,
                     const at::Tensor& cu_seqlens) {
  if (has_kernels(qkv)) {
    return attention_function::apply(qkv, shape, positions, cu_seqlens);
  }
  return attention_composed(shape, qkv, positions, cu_seqlens);
}

} // namespace troupe::gpu::op
