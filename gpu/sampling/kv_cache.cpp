// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/kv_cache.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>

namespace troupe::gpu {

kv_cache::kv_cache(const model_shape& s, std::size_t slots)
    : heads_{.heads = s.num_attention_heads,
             .kv_heads = s.num_key_value_heads,
             .d = static_cast<long>(s.hidden_size / s.num_attention_heads)},
      positions_(s.max_position_embeddings), slot_keys_(heads_.keys_size(positions_)) {
  const auto n = static_cast<std::int64_t>(slots);
  for (std::uint32_t i = 0; i < s.num_hidden_layers; ++i) {
    keys_.push_back(at::zeros({n, slot_keys_}, at::kFloat)); // a block is read whole before it is full
    values_.push_back(at::empty({n, positions_, heads_.kv_heads * heads_.d}, at::kFloat));
  }
}

void kv_cache::store(std::size_t layer, const at::Tensor& rotated, std::span<const std::size_t> slots,
                     const at::Tensor& positions) {
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
