// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/generator.hpp"
#include "actors/interfaces.hpp"

#include <functional>

namespace troupe::actors {

/// Judges every sample of a group: the rewards of the group's stage.
using judge_group = std::function<std::vector<judgement>(const generated_group&)>;

struct verifier_state {
  /// Not an aggregate: CAF 0.17 builds a state from the actor's pointer wherever C++ can, and since C++20 it can
  /// initialise an aggregate's first member with it.
  verifier_state() = default;
  static constexpr const char* name = "verifier";
  lease_generated_reply work; ///< its groups from `next` on are still to be judged
  std::size_t next = 0;
  lease_keeper_actor keeper;
  bool busy = false; ///< between a question to the buffer and its answer
  bool draining = false;
  std::optional<caf::typed_response_promise<done_reply>> drained; ///< kept when its lease is done
  std::chrono::milliseconds idle_pause{2}; ///< until it asks again; longer each time there is nothing
  std::shared_ptr<worker_status> status;
};

verifier_actor::behavior_type verifier(verifier_actor::stateful_pointer<verifier_state> self, worker_name who,
                                       buffer_actor from, judge_group judge, failure_sink failed,
                                       std::shared_ptr<worker_status> status);

} // namespace troupe::actors
