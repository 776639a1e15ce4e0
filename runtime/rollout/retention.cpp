// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/retention.hpp"

#include "runtime/rollout/group_machine.hpp"
#include "runtime/rollout/payload_bytes.hpp"

#include <algorithm>

namespace troupe::rollout {

namespace {

/// The version that `covered` must reach before a stage needs the group no more; 0: it never does.
std::uint64_t last_needed(const group& g) {
  if (g.state == group_state::trained) {
    return g.trained_at ? g.trained_at->value : UINT64_MAX;
  }
  const bool counted = g.state == group_state::scored || g.state == group_state::collected;
  return counted ? g.pinned.value_or(policy_version{}).value + 1 : 0; // the checkpoint itself may be evaluated again
}

bool holds(const stage_needs& stage, std::uint64_t last_needed, bool trained) {
  return last_needed > 0 && (trained || !stage.finished) && (!stage.covered || last_needed > stage.covered->value);
}

} // namespace

bool is_finished(std::span<const stage_record> stages, stage_index stage) {
  return std::any_of(stages.begin(), stages.end(), [&](const stage_record& one) {
    return one.stage == stage && one.status == stage_status::finished;
  });
}

stage_needs needs_of(std::span<const checkpoint_record> checkpoints, bool finished) {
  stage_needs needs{.finished = finished, .covered = {}};
  for (const auto& c : checkpoints) {
    const auto so_far = needs.covered.value_or(c.version);
    needs.covered = finished ? std::max(so_far, c.version) : std::min(so_far, c.version);
  }
  return needs;
}

std::string reason_to_keep(const group& g, const stage_needs& stage) {
  if (!is_final(g.state)) {
    return "it is " + to_string(g.state);
  }
  if (is_set_aside(g)) {
    return "it was set aside as " + to_string(g.dropped);
  }
  const bool trained = g.state == group_state::trained;
  if (!holds(stage, last_needed(g), trained)) {
    return "";
  }
  return trained ? "step " + (g.trained_at ? std::to_string(g.trained_at->value) : "unknown") +
                       ", which no checkpoint covers, may be trained on it again"
                 : "its stage is not finished and may count it again";
}

retention::retention(retention_limits all, const std::map<stage_index, retention_limits>& of_stages) : all_(all) {
  for (const auto& [stage, limits] : of_stages) {
    tables_[stage].limits = limits;
  }
}

void retention::refer(const group_id& id) {
  referred_.insert(id);
}

void retention::note(const group& g) {
  if (!is_final(g.state) || g.forgotten_ms != 0) {
    return;
  }
  const auto bytes = payload_bytes(g);
  auto& t = tables_[g.id.stage];
  bytes_ += bytes;
  t.bytes += bytes;
  if (is_set_aside(g) || referred_.contains(g.id)) {
    return; // for good
  }
  const bool trained = g.state == group_state::trained;
  const entry e{g.id, g.history.empty() ? 0 : g.history.back().at_ms, bytes, !trained, last_needed(g)};
  if (holds(t.needs, e.last_needed, trained)) {
    t.held.emplace(e.last_needed, e);
  } else {
    t.free.insert(e);
  }
}

void retention::set_needs(stage_index stage, stage_needs needs) {
  auto& t = tables_[stage];
  t.needs = needs;
  for (auto it = t.held.begin(); it != t.held.end();) {
    const bool still = holds(needs, it->first, !it->second.pinned);
    if (still && !needs.finished) {
      return; // so are all behind it
    }
    if (!still) {
      t.free.insert(it->second);
    }
    it = still ? std::next(it) : t.held.erase(it);
  }
}

bool retention::over(const retention_limits& limits, std::uint64_t bytes, const entry& oldest, std::int64_t now_ms) {
  return (limits.max_age_ms > 0 && now_ms - oldest.ended_ms > limits.max_age_ms) ||
         (limits.max_bytes > 0 && bytes > limits.max_bytes);
}

std::vector<group_id> retention::due(std::int64_t now_ms, std::size_t most) {
  std::vector<group_id> out;
  while (out.size() < most) {
    table* from = nullptr;
    for (auto& [stage, t] : tables_) {
      if (t.free.empty()) {
        continue;
      }
      const entry& oldest = *t.free.begin();
      const bool leaves = over(t.limits, t.bytes, oldest, now_ms) || over(all_, bytes_, oldest, now_ms);
      if (leaves && (from == nullptr || older{}(oldest, *from->free.begin()))) {
        from = &t;
      }
    }
    if (from == nullptr) {
      break;
    }
    const auto oldest = from->free.begin();
    out.push_back(oldest->id);
    bytes_ -= oldest->bytes;
    from->bytes -= oldest->bytes;
    from->free.erase(oldest);
  }
  return out;
}

} // namespace troupe::rollout
