// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/learner_steps.hpp"

namespace troupe::actors {

/// Loads weights and data of a stage on all ranks, trains the steps recorded behind the weights again, publishes, and
/// answers. Where just that is loaded already, because only the controller or the buffer was restarted, it is kept.
void load_stage(learner_pointer self, const shared_parts& p, const buffer_actor& from, const load_stage_request& r,
                caf::typed_response_promise<load_stage_reply> promise);

} // namespace troupe::actors
