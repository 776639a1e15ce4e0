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
  /// Not an aggregate: CAF 0.17 builds a state from the actor's pointer wherever C++ can, and since C++20 it can
  /// initialise an aggregate's first member with it.
  buffer_state() = default;
  static constexpr const char* name = "buffer";
  std::shared_ptr<buffer_service> service;
};

/// Spawn it detached: its writes wait for the disk.
buffer_actor::behavior_type buffer(buffer_actor::stateful_pointer<buffer_state> self,
                                   std::shared_ptr<buffer_service> service, clock_source clock);

} // namespace troupe::actors
