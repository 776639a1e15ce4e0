// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <span>
#include <string>

namespace troupe::verify {

/// cons@N: whether the answer that most of these completions give is a right one. `verdicts` are theirs, in order.
/// Those without an answer vote together; of answers with as many votes the first by its text counts.
bool consensus_right(std::span<const std::string> completions, std::span<const verdict_kind> verdicts);

} // namespace troupe::verify
