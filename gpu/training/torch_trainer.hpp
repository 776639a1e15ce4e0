// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/flat_weights.hpp"

#include <memory>
#include <string>

namespace troupe::gpu {

/// A trainer on `from`; `optimizer_folder` gives the optimizer's state (optimizer.safetensors) where it is not empty.
/// Throws error(invalid) naming file and tensor where the state does not fit.
std::unique_ptr<trainer> make_torch_trainer(std::shared_ptr<const flat_weights> from, const std::string& optimizer_folder,
                                            const backend_options& options);

} // namespace troupe::gpu
