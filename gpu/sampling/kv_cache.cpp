// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/kv_cache.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_put.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <algorithm>

namespace troupe::gpu {

namespace {

at::Tensor on_device(std::span<const std::size_t> slots, const at::Device& device) {
  const std::vector<std::int64_t> wide{slots.begin(), slots.end()};
  return at::tensor(wide, at::kLong).to(device);
}

} // namespace

kv_cache::kv_cache(const model_shape& s, std::size_t slots, const at::TensorOptions& like)
    : heads_{.heads = s.num_attention_heads,
             .kv_heads = s.num_key_value_heads,
             .d = static_cast<long>(s.hidden_size / s.num_attention_heads)},
      kernels_(like.device().is_cpu() && like.dtype() == at::kFloat), positions_(s.max_position_embeddings),
      slot_keys_(heads_.keys_size(positions_)) {
  const auto n = static_cast<std::int64_t>(slots);
  for (std::uint32_t i = 0; i < s.num_hidden_layers; ++i) {
    const std::vector<std::int64_t> rows{n, positions_, heads_.kv_heads * heads_.d};
    // zeros: a block, or a padded row, is read whole before it is full
    keys_.push_back(kernels_ ? at::zeros({n, slot_keys_}, like) : at::zeros(rows, like));
    values_.push_back(at::zeros(rows, like));
  }
}

void kv_cache::store_composed(std::size_t layer, const at::Tensor& rotated, const at::Tensor& slots,
                              const at::Tensor& positions) {
  const std::int64_t size = heads_.kv_heads * heads_.d;
  const std::int64_t first = heads_.heads * heads_.d;
  keys_[layer].index_put_({slots, positions}, rotated.narrow(1, first, size));
  values_[layer].index_put_({slots, positions}, rotated.narrow(1, first + size, size));
}

at::Tensor kv_cache::attend_composed(std::size_t layer, const at::Tensor& rotated, const at::Tensor& slots,
                                     const at::Tensor& positions) const {
  const std::int64_t rows = rotated.size(0), width = heads_.heads * heads_.d;
  const auto longest = positions.max().item<std::int64_t>() + 1;
  const auto kept = [&](const at::Tensor& of) { // [T, K, longest, D]
    const auto chosen = of.narrow(1, 0, longest).index_select(0, slots);
    return chosen.view({rows, longest, heads_.kv_heads, heads_.d}).transpose(1, 2);
  };
  const auto q = rotated.narrow(1, 0, width).reshape({rows, heads_.heads, 1, heads_.d});
  const auto seen = at::arange(longest, positions.options()).unsqueeze(0) <= positions.unsqueeze(1);
  const auto out = at::scaled_dot_product_attention(q, kept(keys_[layer]), kept(values_[layer]),
                                                    seen.view({rows, 1, 1, longest}), 0.0, false, {}, true);
  return out.reshape({rows, width});
}

void kv_cache::store(std::size_t layer, const at::Tensor& rotated, std::span<const std::size_t> slots,
                     const at::Tensor& positions) {
  if (!kernels_) {
    store_composed(layer, rotated, on_device(slots, rotated.device()), positions);
    return;
  }
  const std::int64_t size = heads_.kv_heads * heads_.d;
  const auto* at = positions.const_data_ptr<std::int64_t>();
  float* keys = keys_[layer].data_ptr<float>();
  float* values = values_[layer].data_ptr<float>();
  for (std::size_t r = 0; r < slots.size(); ++r) {
    const float* k =
        rotated.const_data_ptr<float>() + static_cast<std::int64_t>(r) * heads_.row() + heads_.heads * heads_.d;
    const auto slot = static_cast<std::int64_t>(slots[r]);
    kernel::store_key(keys + slot * slot_keys_, k, at[r], heads_);
    std::copy(k + size, k + 2 * size, values + (slot * positions_ + at[r]) * size);
  }
}

at::Tensor kv_cache::attend(std::size_t layer, const at::Tensor& rotated, std::span<const std::size_t> slots,
                            const at::Tensor& positions) const {
  if (!kernels_) {
    return attend_composed(layer, rotated, on_device(slots, rotated.device()), positions);
  }
  const std::int64_t size = heads_.kv_heads * heads_.d, width = heads_.heads * heads_.d;
  const auto* at = positions.const_data_ptr<std::int64_t>();
  const float* keys = keys_[layer].const_data_ptr<float>();
  const float* values = values_[layer].const_data_ptr<float>();
  auto out = at::empty({rotated.size(0), width}, rotated.options());
  at::parallel_for(0, rotated.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(positions_) + 15);
    for (std::int64_t r = begin; r < end; ++r) {
      const auto slot = static_cast<std::int64_t>(slots[static_cast<std::size_t>(r)]);
      kernel::attention_row(out.data_ptr<float>() + r * width, nullptr,
                            rotated.const_data_ptr<float>() + r * heads_.row(), keys + slot * slot_keys_,
                            values + slot * positions_ * size, size, at[r] + 1, heads_, scratch.data());
    }
  });
  return out;
}

} // namespace troupe::gpu
