// SPDX-License-Identifier: Apache-2.0
// The CUDA module.
#include "gpu/module/join_ranks.hpp"

#include <c10/cuda/CUDAFunctions.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace troupe::gpu {

std::shared_ptr<torch_collective> join_ranks(const seat& where, const at::Device& device) {
  c10::cuda::set_device(device.index() < 0 ? c10::DeviceIndex{0} : device.index()); // of this rank's thread
  return join_process_group(
      where, [](const c10::intrusive_ptr<c10d::Store>& over, const seat& at) -> torch_collective::process_group {
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = at.deadline;
        return c10::make_intrusive<c10d::ProcessGroupNCCL>(over, static_cast<int>(at.rank), static_cast<int>(at.size),
                                                           options);
      });
}

} // namespace troupe::gpu
