// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/kernels/packed_matrix.hpp"
#include "gpu/model/flat_weights.hpp"

#include <unordered_map>

namespace troupe::gpu {

/// The matrices of weights that do not change, packed once for many small products. Immutable, so safe from any thread;
/// outlives nothing: the tensors it was made from must live as long.
class packed_weights {
public:
  explicit packed_weights(const decoder_weights& w);
  /// Null for a matrix that is not among them.
  const kernel::packed_matrix* find(const at::Tensor& matrix) const;

private:
  void add(const at::Tensor& matrix);
  std::unordered_map<const void*, kernel::packed_matrix> by_address_;
};

} // namespace troupe::gpu
