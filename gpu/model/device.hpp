// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <c10/core/Device.h>
#include <cstddef>

namespace troupe::gpu {

/// The device that `options` name, on a machine with `cuda_devices` CUDA devices. Throws error(unavailable) when it is
/// not there, error(invalid) when it cannot do what is asked for: `deterministic` is kept on the CPU only. Pure.
at::Device checked_device(const backend_options& options, std::size_t cuda_devices);

} // namespace troupe::gpu
