// SPDX-License-Identifier: Apache-2.0
// The forgetting half of buffer_service: which payloads the store need not keep, by the recipe's limits.
#include "actors/buffer_service.hpp"
#include "runtime/kill_point.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

constexpr std::size_t most_at_once = 1000; // groups; a batch may hold more, and must not outrun it

rollout::retention_limits limits_of(const config::retention_spec& r) {
  return {.max_age_ms = static_cast<std::int64_t>(r.max_age_s * 1000),
          .max_bytes = static_cast<std::uint64_t>(r.max_gb * 1e9)};
}

bool is_limited(const config::retention_spec& r) {
  return r.max_age_s > 0 || r.max_gb > 0;
}

} // namespace

void buffer_service::start_retention() {
  std::map<stage_index, rollout::retention_limits> of_stages;
  for (std::uint32_t i = 0; i < recipe_.stages.size(); ++i) {
    if (is_limited(recipe_.stages[i].retention)) {
      of_stages[stage_index{i}] = limits_of(recipe_.stages[i].retention);
    }
  }
  if (of_stages.empty() && !is_limited(recipe_.retention)) {
    return;
  }
  retention_.emplace(limits_of(recipe_.retention), of_stages);
  for (const auto& d : journal_.datasets()) {
    journal_.for_each_record(d.name, [&](const dataset_record& r) {
      if (r.source) {
        retention_->refer(r.source->group);
      }
      return true;
    });
  }
  for (const auto& s : journal_.stages()) {
    update_needs(s.stage);
  }
}

void buffer_service::update_needs(stage_index stage) {
  if (retention_) {
    const bool finished = rollout::is_finished(journal_.stages(), stage);
    retention_->set_needs(stage, rollout::needs_of(journal_.checkpoints(stage), finished));
  }
}

void buffer_service::forget_due(clock_reading at) {
  if (!retention_) {
    return;
  }
  const std::size_t batch = spec().groups_per_batch;
  const auto due = retention_->due(at.wall_ms, std::max(most_at_once, 2 * batch));
  if (!due.empty()) {
    store::write w;
    w.forgotten = ledger_.forget(due, at.wall_ms);
    kill_point("before_forgetting");
    save({}, std::move(w), store::durability::disk);
    kill_point("after_forgetting");
  }
}

} // namespace troupe::actors
