// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <string>

namespace troupe::gpu {

/// Reads a Llama config.json. Throws error(invalid) that names file and key for what this decoder does not compute
/// (another architecture, scaled RoPE, biases, another activation), error(not_found) when there is no such file.
model_shape read_hf_config(const std::string& path);

/// Writes config.json and generation_config.json into an existing folder. The ids of the end and padding tokens are
/// those of tokenizer.json and tokenizer_config.json where the folder has them; without them both are null. Throws
/// error(resource_exhausted) when it cannot write.
void write_hf_config(const std::string& folder, const model_shape& shape);

} // namespace troupe::gpu
