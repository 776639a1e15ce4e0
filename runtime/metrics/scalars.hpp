// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/tensorboard.hpp"

#include <nlohmann/json_fwd.hpp>

namespace troupe::metrics {

/// What TensorBoard gets of a line of metrics.jsonl. Steps start again in every stage, so a tag begins with the stage:
/// `reasoning_rl/reward`; of an evaluation also its task and split: `reasoning_rl/addition/heldout/pass@1`.
tensorboard::scalars scalars_of(const nlohmann::json& line);
/// The line's "step"; 0 where it has none.
std::int64_t step_of(const nlohmann::json& line);

} // namespace troupe::metrics
