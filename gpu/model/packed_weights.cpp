// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/packed_weights.hpp"

namespace troupe::gpu {

packed_weights::packed_weights(const decoder_weights& w) {
  for (const auto& l : w.layers) {
    for (const auto* matrix : {&l.qkv, &l.out, &l.gate_up, &l.down}) {
      add(*matrix);
    }
  }
  add(w.head);
}

void packed_weights::add(const at::Tensor& m) {
  by_address_.emplace(m.const_data_ptr(),
                      kernel::packed_matrix::transposed(m.const_data_ptr<float>(), m.size(0), m.size(1)));
}

const kernel::packed_matrix* packed_weights::find(const at::Tensor& matrix) const {
  const auto it = by_address_.find(matrix.const_data_ptr());
  return it == by_address_.end() ? nullptr : &it->second;
}

} // namespace troupe::gpu
