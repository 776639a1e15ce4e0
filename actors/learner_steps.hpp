// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/failure.hpp"
#include "actors/learner.hpp"

/// A step of the learner: batch, update, commit, publication. For the learner's own thread.
namespace troupe::actors {

using learner_pointer = own_learner_actor::stateful_pointer<learner_state>;
using shared_parts = std::shared_ptr<const learner_parts>;

/// One update on `what` (null for sft), on all ranks, each with its share. Moves the state's version and cursor on.
gpu::figures train(learner_pointer self, const learner_parts& p, const batch* what);

/// The version at hand, for all who sample.
void publish(learner_state& s, const learner_parts& p);

/// Asks for a batch, or again in a moment, until `patience` is over; then answers with the step, or why there was none.
void step(learner_pointer self, const shared_parts& p, const buffer_actor& from, std::chrono::milliseconds patience,
          caf::typed_response_promise<step_reply> promise);

/// Answers who asked, and true, when another load_stage has come since.
template <class Promise>
bool overtaken(const learner_state& s, std::uint64_t loads, Promise& promise) {
  if (s.loads != loads) {
    promise.deliver(to_caf(error{errc::unavailable, "the learner was told to load a stage meanwhile"}));
  }
  return s.loads != loads;
}

} // namespace troupe::actors
