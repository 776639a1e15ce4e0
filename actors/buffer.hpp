// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_service.hpp"
#include "actors/interfaces.hpp"

#include <functional>

namespace troupe::actors {

using clock_source = std::function<clock_reading()>;
/// The real clocks of this machine.
clock_reading read_clocks();

struct buffer_state {
  static constexpr const char* name = "buffer";
  std::shared_ptr<buffer_service> service;
};

/// Spawn it detached: its writes wait for the disk.
buffer_actor::behavior_type buffer(buffer_actor::stateful_pointer<buffer_state> self,
                                   std::shared_ptr<buffer_service> service, clock_source clock);

} // namespace troupe::actors
