// SPDX-License-Identifier: Apache-2.0
// The workers' half of the ledger: leases on prompts and generated groups, samples, verdicts, lost leases.
#include "runtime/check.hpp"
#include "runtime/rollout/advantages.hpp"
#include "runtime/rollout/ledger.hpp"

#include <algorithm>

namespace troupe::rollout {

namespace {

bool undecided(const member& m) {
  return m.verdict == verdict_kind::undecided;
}

/// What the group already knows of its members, next to what is submitted once more.
bool same_verdicts(const group& g, const std::vector<judgement>& members) {
  return std::equal(g.members.begin(), g.members.end(), members.begin(), members.end(),
                    [](const member& m, const judgement& j) { return m.verdict == j.verdict && m.reward == j.reward; });
}

} // namespace

ledger::lease_result ledger::lease_prompts(const caller& who, std::uint32_t max_groups) {
  return lease_out(who, group_state::queued, max_groups);
}

ledger::lease_result ledger::lease_generated(const caller& who, std::uint32_t max_groups) {
  return lease_out(who, group_state::generated, max_groups);
}

ledger::lease_result ledger::lease_out(const caller& who, group_state from, std::uint32_t max_groups) {
  std::vector<group_id> ids;
  for (const auto why : {purpose::eval, purpose::collect, purpose::train}) {
    if (is_open(why)) {
      const auto more = standing(from, why, max_groups - ids.size());
      ids.insert(ids.end(), more.begin(), more.end());
    }
  }
  if (ids.empty()) {
    return {};
  }
  lease_result out{.lease = leases_.grant(who.worker, who.holder, ids, who.now, who.now + rules_.lease_time).id,
                   .groups = {}};
  for (const auto& id : ids) {
    if (from == group_state::queued) {
      if (id.why == purpose::train) {
        auto since = version_;
        for (const auto& m : groups_.at(id).members) {
          since = goes_on(groups_.at(id), m) ? std::min(since, m.oldest) : since;
        }
        sampling_since_.emplace(id, since);
      }
      out.groups.push_back(advance(id, event::lease_for_generation{out.lease, who.worker}, who.wall_ms));
    } else {
      out.groups.push_back(advance(id, event::lease_for_verification{out.lease, who.worker}, who.wall_ms));
    }
  }
  return out;
}

bool ledger::holds(const caller& who, lease_id lease, const group& g) const {
  return leases_.find(lease, who.holder) != nullptr && g.lease == lease;
}

bool ledger::is_possible(const group& g, const member& sampled) const noexcept {
  return g.pinned ? sampled.oldest == *g.pinned && sampled.newest == *g.pinned : sampled.newest <= version_;
}

bool ledger::goes_on(const group& g, const member& m) const noexcept {
  return has_partial(m) && (g.pinned || staleness_gate{rules_.gate}.last_use(m.oldest) >= version_);
}

bool ledger::keep_partial(const caller& who, lease_id lease, const group_id& id, std::uint32_t index, member begun) {
  const group* g = find(id);
  if (g == nullptr || index >= g->members.size() || g->members[index].submitted || !holds(who, lease, *g) ||
      g->state != group_state::generating || !is_possible(*g, begun)) {
    return false;
  }
  begun.submitted = false;
  return has_partial(begun) && (advance(id, event::keep_partial{std::move(begun), index}, who.wall_ms), true);
}

ledger::submit_outcome ledger::submit_sample(const caller& who, lease_id lease, const group_id& id, std::uint32_t index,
                                             member filled, std::uint64_t bytes) {
  TROUPE_CHECK(filled.submitted);
  const group* g = find(id);
  if (g == nullptr || index >= g->members.size()) {
    return {.result = submit_result::fenced};
  }
  const bool working = g->state == group_state::generating && holds(who, lease, *g);
  const bool elsewhere = g->state == group_state::generating || g->state == group_state::queued;
  const member& known = g->members[index];
  if (!working && (elsewhere || !known.submitted)) {
    return {.result = submit_result::fenced};
  }
  if (known.submitted) {
    return {.result = known.checksum == filled.checksum ? submit_result::exists : submit_result::conflict};
  }
  if (!is_possible(*g, filled) && filled.num_tokens > 0) {
    return {.result = submit_result::conflict};
  }
  g = &advance(id, event::submit_sample{std::move(filled), index, bytes}, who.wall_ms);
  if (std::all_of(g->members.begin(), g->members.end(), [](const member& m) { return m.submitted; })) {
    g = &advance(id, event::generation_finished{who.worker}, who.wall_ms);
    leases_.settle(lease, id);
    sampling_since_.erase(id);
  }
  return {.result = submit_result::created, .groups = {*g}};
}

ledger::submit_outcome ledger::submit_verdict(const caller& who, lease_id lease, const group_id& id,
                                              std::vector<judgement> members) {
  const group* g = find(id);
  if (g == nullptr) {
    return {.result = submit_result::fenced};
  }
  if (g->state != group_state::verifying || !holds(who, lease, *g)) {
    if (g->outstanding_parts > 0) {
      return {.result = submit_result::fenced};
    }
    return {.result = same_verdicts(*g, members) ? submit_result::exists : submit_result::conflict};
  }
  if (members.size() != g->members.size()) {
    return {.result = submit_result::conflict};
  }
  g = &advance(id, event::submit_verdict{std::move(members), who.worker}, who.wall_ms);
  leases_.settle(lease, id);
  changes evicted;
  if (g->outstanding_parts == 0) {
    after_last_verdict(id, who.wall_ms);
    evicted = make_room(who.wall_ms);
  }
  changes all{*find(id)};
  std::move(evicted.begin(), evicted.end(), std::back_inserter(all));
  return {.result = submit_result::created, .groups = std::move(all)};
}

void ledger::after_last_verdict(const group_id& id, std::int64_t wall_ms) {
  const group& g = groups_.at(id);
  if (id.why == purpose::eval) {
    advance(id, event::score{}, wall_ms);
    return;
  }
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    if (undecided(g.members[i]) && g.members[i].dropped == drop_reason::none) {
      advance(id, event::drop_member{i, drop_reason::undecided}, wall_ms);
    }
  }
  if (id.why == purpose::collect) {
    return;
  }
  batch_rewards own;
  own.add(g, rules_.mask_truncated);
  const auto decided =
      std::count_if(g.members.begin(), g.members.end(), [](const member& m) { return m.dropped == drop_reason::none; });
  if (decided < 2) {
    advance(id, event::drop{drop_reason::undecided}, wall_ms);
  } else if (std::count(own.counted.begin(), own.counted.end(), 1) == 0) {
    advance(id, event::drop{drop_reason::truncated}, wall_ms);
  } else if (rules_.filter_zero_variance && zero_variance(own.rewards, own.counted)) {
    advance(id, event::drop{drop_reason::zero_variance}, wall_ms);
  }
}

ledger::changes ledger::give_back(const lease_table::lease& ended, const std::string& why, std::int64_t wall_ms) {
  changes out;
  for (const auto& id : ended.groups) {
    const auto state = groups_.at(id).state;
    const auto lost = lease_lost(state, why);
    TROUPE_CHECK(lost.has_value(), "lease ", ended.id.value, " on group ", to_string(id), " in ", to_string(state));
    out.push_back(advance(id, *lost, wall_ms));
    sampling_since_.erase(id); // where it was being sampled
  }
  if (batch_ && batch_->lease == ended.id) {
    batch_.reset();
  }
  return out;
}

ledger::changes ledger::hand_back(const caller& who, lease_id lease, std::string why) {
  const auto* held = leases_.find(lease, who.holder);
  if (held == nullptr) {
    return {};
  }
  const auto ended = *held;
  for (const auto& id : ended.groups) {
    leases_.settle(lease, id);
  }
  return give_back(ended, "handed back: " + why, who.wall_ms);
}

ledger::changes ledger::expire(monotonic_ms now, std::int64_t wall_ms) {
  changes out;
  for (const auto& ended : leases_.expire(now)) {
    auto some = give_back(ended, "lease expired: " + ended.worker, wall_ms);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

ledger::changes ledger::worker_lost(incarnation holder, std::int64_t wall_ms) {
  changes out;
  for (const auto& ended : leases_.release(holder)) {
    auto some = give_back(ended, "worker lost: " + ended.worker, wall_ms);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

bool ledger::renew(const caller& who, lease_id lease) {
  const auto* held = leases_.find(lease, who.holder);
  return held != nullptr && (!held->deadline || leases_.renew(lease, who.holder, who.now + rules_.lease_time));
}

ledger::changes ledger::drop(const group_id& id, drop_reason why, std::int64_t wall_ms) {
  const group* g = find(id);
  if (g == nullptr || is_final(g->state) || g->state == group_state::leased) {
    return {};
  }
  leases_.settle(g->lease, id);
  sampling_since_.erase(id);
  return {leave(id, why, wall_ms)};
}

ledger::changes ledger::forget(std::span<const group_id> groups, std::int64_t wall_ms) {
  changes out;
  for (const auto& id : groups) {
    out.push_back(advance(id, event::forget{}, wall_ms));
  }
  return out;
}

const group& ledger::leave(const group_id& id, drop_reason why, std::int64_t wall_ms) {
  return groups_.at(id).uses > 0 ? advance(id, event::retire{}, wall_ms) : advance(id, event::drop{why}, wall_ms);
}

} // namespace troupe::rollout
