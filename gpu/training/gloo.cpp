// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_collective.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace troupe::gpu {

std::shared_ptr<torch_collective> join_gloo(const seat& where) {
  return join_process_group(
      where, [](const c10::intrusive_ptr<c10d::Store>& over, const seat& at) -> torch_collective::process_group {
        auto options =
            c10d::ProcessGroupGloo::Options::create(at.join_within); // every operation says how long it may take
        options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(at.host));
        options->threads = 1; // operations come one after the other
        return c10::make_intrusive<c10d::ProcessGroupGloo>(over, static_cast<int>(at.rank), static_cast<int>(at.size),
                                                           options);
      });
}

} // namespace troupe::gpu
