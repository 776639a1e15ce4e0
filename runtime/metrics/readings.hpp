// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/registry.hpp"
#include "runtime/rollout/group_counts.hpp"
#include "runtime/wire/counters.hpp"

#include <nlohmann/json_fwd.hpp>

/// What other parts of the program count already, shown as live figures.
namespace troupe::metrics {

/// Of a buffer: groups by where they stand.
void show(registry& to, const rollout::group_counts& counts);
/// Of a learner: a line of metrics.jsonl with kind "step". What it does not have stays as it was.
void show_step(registry& to, const nlohmann::ordered_json& line);
/// Of a process that serves the data plane, and of one that asks others over it.
void show(registry& to, const wire::counters& counts);
void show(registry& to, const wire::client_counters& counts);

} // namespace troupe::metrics
