// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/device.hpp"

#include "runtime/error.hpp"

#include <cstdlib>

namespace troupe::gpu {

at::Device checked_device(const backend_options& options, std::size_t cuda_devices) {
  const auto& name = options.device;
  if (name == "cpu") {
    return at::kCPU;
  }
  if (options.deterministic) {
    throw error{errc::invalid, "deterministic: true is kept on the CPU only by this version; use device: cpu, or "
                               "deterministic: false with device: " +
                                   name};
  }
  const auto at = name.find(':');
  const auto index =
      at == std::string::npos ? 0 : std::strtoul(name.c_str() + at + 1, nullptr, 10); // huge: the largest
  if (cuda_devices == 0) {
    throw error{errc::unavailable, "device " + name +
                                       ": no CUDA device is here; nvidia-smi lists those the driver sees; use "
                                       "device: cpu without one"};
  }
  if (index >= cuda_devices) {
    throw error{errc::unavailable, "device " + name + ": the highest one here is cuda:" +
                                       std::to_string(cuda_devices - 1) + "; nvidia-smi lists them"};
  }
  return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

} // namespace troupe::gpu
