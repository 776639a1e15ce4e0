// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "actors/sampling_station.hpp"
#include "actors/worker_status.hpp"

#include <caf/actor_clock.hpp>
#include <functional>
#include <optional>

namespace troupe::actors {

/// Where a worker reports what it cannot mend itself; the run ends with these words.
using failure_sink = std::function<void(const std::string& who, const std::string& what)>;

struct generator_state {
  /// Not an aggregate: CAF 0.17 builds a state from the actor's pointer wherever C++ can, and since C++20 it can
  /// initialise an aggregate's first member with it.
  generator_state() = default;
  static constexpr const char* name = "generator";
  std::shared_ptr<sampling_station> station;
  std::shared_ptr<worker_status> status;
  bool asking = false;
  bool decoding = false;
  bool draining = false;
  std::uint32_t samples_per_group = 8;  ///< of the last work seen; decides how many groups to ask for
  caf::actor_clock::time_point renewed; ///< on the actor system's clock
  std::chrono::milliseconds renew_every{0};
  std::chrono::milliseconds idle_pause{2}; ///< until it asks again; longer each time there is nothing
  std::size_t handing_back = 0;            ///< leases, on their way
  std::optional<caf::typed_response_promise<done_reply>> drained; ///< kept when nothing is on its way any more
};

generator_actor::behavior_type generator(generator_actor::stateful_pointer<generator_state> self, worker_name who,
                                         buffer_actor from, std::shared_ptr<sampling_station> station,
                                         std::uint32_t batch_size, failure_sink failed,
                                         std::shared_ptr<worker_status> status);

} // namespace troupe::actors
