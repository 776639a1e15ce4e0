// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/group_counts.hpp"

#include <nlohmann/json_fwd.hpp>

namespace troupe::metrics {

/// Groups by fate: {"issued","pending",...,"dropped":{reason: n}}.
nlohmann::ordered_json counts_json(const rollout::group_counts& c);

} // namespace troupe::metrics
