// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/learner.hpp"
#include "deploy/troupe/node.hpp"

#include <memory>

/// What the processes of one learner share: rank 0, `troupe node learner` as all know it, and the ranks beside it.
namespace troupe::program {

/// The parts of the rank that this process is (deploy/troupe/run_parts.hpp). `here` outlives them.
std::shared_ptr<actors::learner_parts> learner_parts_of(node& here);

cluster::sign_of_life tell(actors::activity& meter, const actors::worker_status& status);

/// A rank beside rank 0: it trains its share when rank 0 says so.
int run_rank_node(node& here);

} // namespace troupe::program
