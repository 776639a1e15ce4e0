// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/training/adamw.hpp"

#include <optional>
#include <string>

namespace troupe::gpu {

/// optimizer.safetensors: exp_avg and exp_avg_sq (F32, [P]), step (I64, [1]) and, where a reference is held, reference
/// (F32, [P]): it belongs to the stage's start, so a resumed stage must find it again. P parameters.
struct optimizer_file {
  adamw::state state;
  at::Tensor reference; ///< undefined: none held
};

/// Does not fsync. Throws error(resource_exhausted) when it cannot write.
void write_optimizer_file(const std::string& folder, const optimizer_file& what);

/// Nothing when the folder has no such file; throws error(invalid) when it is not for `parameters` parameters.
std::optional<optimizer_file> read_optimizer_file(const std::string& folder, std::int64_t parameters);

} // namespace troupe::gpu
