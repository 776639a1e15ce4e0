// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/kernels/attention.hpp"
#include "gpu/model/flat_weights.hpp"

#include <ATen/core/Tensor.h>
#include <span>
#include <vector>

namespace troupe::gpu {

/// Keys and values of every running completion, allocated once. Not thread-safe.
/// Letters: T rows, Q heads, K kv_heads, D head_dim; `rotated` is qkv after RoPE, [T, (Q + 2K) D].
class kv_cache {
public:
  /// `like` says type and device: of the weights.
  kv_cache(const model_shape& shape, std::size_t slots, const at::TensorOptions& like);

  /// Keeps the key and value of each row at its slot and position. slots: [T]; positions: [T] int64.
  void store(std::size_t layer, const at::Tensor& rotated, std::span<const std::size_t> slots,
             const at::Tensor& positions);
  /// Each row's query against its slot's keys up to its own position -> [T, Q D].
  at::Tensor attend(std::size_t layer, const at::Tensor& rotated, std::span<const std::size_t> slots,
                    const at::Tensor& positions) const;

private:
  void store_composed(std::size_t layer, const at::Tensor& rotated, const at::Tensor& slots,
                      const at::Tensor& positions);
  at::Tensor attend_composed(std::size_t layer, const at::Tensor& rotated, const at::Tensor& slots,
                             const at::Tensor& positions) const;

  kernel::attention_shape heads_;
  bool kernels_ = false;           ///< fp32 on the CPU; elsewhere compositions of ATen's
  std::int64_t positions_ = 0;     ///< of one slot
  std::int64_t slot_keys_ = 0;     ///< floats of one slot's keys
  std::vector<at::Tensor> keys_;   ///< a layer: [slots, blocks of 16 positions], as gpu/kernels/attention.hpp has
                                   ///< them; composed: [slots, positions, K D]
  std::vector<at::Tensor> values_; ///< a layer: [slots, positions, K, D]
};

} // namespace troupe::gpu
