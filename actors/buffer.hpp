// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_service.hpp"
#include "actors/interfaces.hpp"
#include "runtime/error.hpp"

#include <caf/actor_clock.hpp>
#include <deque>
#include <functional>

namespace troupe::actors {

using clock_source = std::function<clock_reading()>;
/// The real clocks of this machine.
clock_reading read_clocks();

/// What a buffer is told and tells while its disk is full. Called on the buffer's thread.
struct space_watch {
  std::function<void(const std::string& what)> notice; ///< that it waits, that it writes again
  std::function<bool()> give_up;                       ///< true: wait no longer
  std::function<void(bool full)> full = [](bool) {};   ///< writes wait from now on, or no more
};

/// A request that waits for space: tries it, or ends it with the reason. False when it has to wait on.
using parked_request = std::function<bool(const error* ended)>;

struct buffer_state {
  /// Not an aggregate: CAF 0.17 builds a state from the actor's pointer wherever C++ can, and since C++20 it can
  /// initialise an aggregate's first member with it.
  buffer_state() = default;
  static constexpr const char* name = "buffer";
  std::shared_ptr<buffer_service> service;
  std::deque<parked_request> parked; ///< in the order they came; the first one failed, the others stand behind it
  std::string full;                  ///< why it failed
  caf::actor_clock::time_point parked_since; ///< or since one of them got through
  rollout::monotonic_ms stopped_at{0};       ///< the leases' time while anything is parked
  rollout::monotonic_ms stood_still{0};      ///< how far it lies behind the clock
};

/// Spawn it detached: its writes wait for the disk.
buffer_actor::behavior_type buffer(buffer_actor::stateful_pointer<buffer_state> self,
                                   std::shared_ptr<buffer_service> service, clock_source clock, space_watch space);

} // namespace troupe::actors
