// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/flat_weights.hpp"

#include <memory>

namespace troupe::gpu {

/// Two layers with grouped queries and an odd vocabulary; weights large enough that the answers are not all alike.
inline model_shape small_shape() {
  return {.hidden_size = 48,
          .num_hidden_layers = 2,
          .num_attention_heads = 6,
          .num_key_value_heads = 2,
          .intermediate_size = 80,
          .vocab_size = 37,
          .max_position_embeddings = 64,
          .initializer_range = 0.3};
}

inline std::shared_ptr<const flat_weights> small_weights(std::uint64_t seed, std::uint64_t version = 0,
                                                         model_shape shape = small_shape()) {
  return std::make_shared<flat_weights>(policy_version{version}, shape, initial_weights(shape, seed));
}

} // namespace troupe::gpu
