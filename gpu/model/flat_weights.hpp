// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

/// All weights of a model in one flat fp32 buffer, and the layout that names its parts.
/// Letters: H hidden_size, V vocab_size, F intermediate_size, P parameters, D head_dim = H / num_attention_heads.
namespace troupe::gpu {

/// One tensor of the Hugging Face format within the flat buffer.
struct weight_entry {
  std::string name; ///< "model.layers.0.self_attn.q_proj.weight"
  std::vector<std::int64_t> sizes;
  std::int64_t offset = 0; ///< elements from the buffer's begin
  std::int64_t count = 0;
};

/// In forward order; q, k, v lie side by side, so do gate and up, so that each is one GEMM.
std::vector<weight_entry> weight_layout(const model_shape& shape);
std::int64_t parameter_count(const std::vector<weight_entry>& layout);

class flat_weights final : public weights {
public:
  flat_weights(policy_version version, model_shape shape, at::Tensor flat);
  std::span<const std::uint32_t> words() const override;
  std::uint64_t checksum() const override;
  const model_shape& shape() const noexcept { return shape_; }
  const at::Tensor& flat() const noexcept { return flat_; } ///< [P] fp32, contiguous; never changed

private:
  model_shape shape_;
  at::Tensor flat_;
  mutable std::once_flag copied_;
  mutable at::Tensor on_cpu_; ///< `flat_` itself where that is on the CPU
};

/// The parts of a flat buffer as the decoder uses them: views, so a gradient through them reaches the buffer.
struct decoder_weights {
  struct layer {
    at::Tensor input_norm; ///< [H]
    at::Tensor qkv;        ///< [(heads + 2 kv_heads) D, H]
    at::Tensor out;        ///< [H, heads D]
    at::Tensor post_norm;  ///< [H]
    at::Tensor gate_up;    ///< [2 F, H]
    at::Tensor down;       ///< [H, F]
  };
  at::Tensor embedding; ///< [V, H]
  std::vector<layer> layers;
  at::Tensor final_norm; ///< [H]
  at::Tensor head;       ///< [V, H]; the embedding itself when they are tied
};

decoder_weights bind_weights(const model_shape& shape, const at::Tensor& flat);

/// Normal(0, initializer_range) matrices and norms of 1; the same seed gives the same bits.
at::Tensor initial_weights(const model_shape& shape, std::uint64_t seed);

/// Throws error(invalid) that names the key when the shape cannot be built.
void check_shape(const model_shape& shape);

} // namespace troupe::gpu
