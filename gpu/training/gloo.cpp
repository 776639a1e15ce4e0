// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_collective.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace troupe::gpu {

std::shared_ptr<torch_collective> join_gloo(const seat& where) {
  return join_process_group(
      where, [](const c10::intrusive_ptr<c10d::Store>& over, const seat& at) -> torch_collective::process_group {
        auto options = c10d::ProcessGroupGloo::Options::create(at.join_within);
        options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(at.host));
        options->threads = 1; // operations come one after the other
        auto group = c10::make_intrusive<c10d::ProcessGroupGloo>(over, static_cast<int>(at.rank),
                                                                 static_cast<int>(at.size), options);
        group->setTimeout(at.deadline); // of what follows
        return group;
      });
}

} // namespace troupe::gpu
