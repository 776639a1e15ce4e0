// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/flat_weights.hpp"

#include <memory>
#include <string>

namespace troupe::gpu {

/// Reads config.json and model.safetensors (F32, BF16 or F16) of a Llama folder. Throws error(invalid) naming file and
/// key or tensor, error(not_found) when there is no such file.
std::shared_ptr<const flat_weights> read_hf_folder(const std::string& folder, policy_version version);

/// Writes model.safetensors (F32) and the files of `write_hf_config` into an existing folder, as `transformers` loads
/// them. A tokenizer that belongs to the model is written first: it gives the end token. Does not fsync. Throws
/// error(resource_exhausted) when it cannot write.
void write_hf_folder(const std::string& folder, const model_shape& shape, const at::Tensor& flat);

} // namespace troupe::gpu
