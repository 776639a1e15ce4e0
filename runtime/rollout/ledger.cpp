// SPDX-License-Identifier: Apache-2.0
// What every rule of the ledger rests on: the groups, their indices, issue and restore.
#include "runtime/rollout/ledger.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::rollout {

namespace {

constexpr auto last_cursor = std::numeric_limits<std::uint64_t>::max();
constexpr auto last_attempt = std::numeric_limits<std::uint32_t>::max();

group_id first_of(stage_index stage, purpose why) {
  return {stage, why, 0, 0};
}
group_id last_of(stage_index stage, purpose why) {
  return {stage, why, last_cursor, last_attempt};
}

} // namespace

std::string to_string(submit_result r) {
  constexpr std::array<const char*, 4> names{"created", "exists", "conflict", "fenced"};
  return names.at(static_cast<std::size_t>(r));
}

ledger::ledger(lease_id first_lease) : leases_(first_lease) {}

bool ledger::is_present_train(const group_id& id) const noexcept {
  return id.why == purpose::train && id.stage == rules_.stage;
}

void ledger::index(const group& g) {
  if (!is_final(g.state)) {
    by_state_[{g.state, g.id.why}].insert(g.id);
  }
  total_.add(g);
  if (is_present_train(g.id)) {
    train_.add(g);
  }
}

void ledger::replace(group& stored, group after) {
  total_.move(stored, after);
  if (is_present_train(stored.id)) {
    train_.move(stored, after);
    uses_ += after.uses - stored.uses;
  }
  if (stored.state != after.state) {
    by_state_[{stored.state, stored.id.why}].erase(stored.id);
    if (!is_final(after.state)) {
      by_state_[{after.state, after.id.why}].insert(after.id);
    }
  }
  stored = std::move(after);
  TROUPE_CHECK(total_.conserved() && train_.conserved(), "issued ", total_.issued, ", train ", train_.issued);
}

const group& ledger::advance(const group_id& id, const group_event& what, std::int64_t wall_ms) {
  const auto it = groups_.find(id);
  TROUPE_CHECK(it != groups_.end(), "no group ", to_string(id));
  auto after = apply(it->second, what, wall_ms);
  TROUPE_CHECK(after.has_value(), "group ", to_string(id), " in ", to_string(it->second.state), ", event ",
               what.index());
  replace(it->second, std::move(*after));
  return it->second;
}

ledger::changes ledger::restore(group g, std::int64_t wall_ms) {
  const auto lost = lease_lost(g.state, "reopened");
  auto voided = lost ? apply(g, *lost, wall_ms) : std::nullopt;
  const auto [it, inserted] = groups_.emplace(g.id, voided ? *voided : g);
  TROUPE_CHECK(inserted, "group ", to_string(g.id), " restored twice");
  index(it->second);
  return voided ? changes{std::move(*voided)} : changes{};
}

void ledger::begin_stage(const stage_rules& rules, policy_version version) {
  TROUPE_CHECK(rules.verdict_parts > 0 && rules.gate.groups_per_batch > 0, "verdict_parts ", rules.verdict_parts,
               ", groups_per_batch ", rules.gate.groups_per_batch);
  TROUPE_CHECK(rules.max_size == 0 || rules.max_size >= rules.gate.groups_per_batch, "max_size ", rules.max_size);
  TROUPE_CHECK(rules.max_reuse > 0 && (rules.max_reuse == 1 || rules.drop_stale), "max_reuse ", rules.max_reuse);
  rules_ = rules;
  rules_.gate.replay = rules.max_reuse > 1;
  version_ = version;
  held_back_.clear();
  evaluation_open_ = false;
  collection_open_ = false;
  sampling_since_.clear();
  train_ = {};
  uses_ = 0;
  for (const group* g : of(purpose::train)) {
    train_.add(*g);
    uses_ += g->uses;
  }
}

ledger::changes ledger::open_pinned(purpose why, std::uint32_t evaluation, std::int64_t wall_ms) {
  TROUPE_CHECK(why != purpose::train);
  if (why == purpose::collect) {
    collection_open_ = true;
    return {};
  }
  evaluation_open_ = true;
  std::vector<group_id> others;
  for (const group* g : of(purpose::eval)) {
    if (!is_final(g->state) && g->evaluation != evaluation) {
      others.push_back(g->id);
    }
  }
  changes out;
  for (const auto& id : others) {
    auto gone = drop(id, drop_reason::failed, wall_ms);
    std::move(gone.begin(), gone.end(), std::back_inserter(out));
  }
  return out;
}

bool ledger::is_open(purpose why) const noexcept {
  return why == purpose::train || (why == purpose::eval ? evaluation_open_ : collection_open_);
}

std::uint64_t ledger::train_capacity() const {
  return staleness_gate{rules_.gate}.capacity(version_, train_);
}

std::uint64_t ledger::next_cursor(purpose why) const {
  const auto end = groups_.upper_bound(last_of(rules_.stage, why));
  if (end == groups_.begin()) {
    return 0;
  }
  const auto& last = std::prev(end)->first;
  return last.stage == rules_.stage && last.why == why ? last.cursor + 1 : 0;
}

std::optional<group> ledger::issue(const issue_request& what, std::int64_t wall_ms) {
  TROUPE_CHECK(what.num_generations > 0);
  if (what.why == purpose::train && train_capacity() == 0) {
    return std::nullopt;
  }
  group g{.id = {rules_.stage, what.why, next_cursor(what.why), 0}};
  g.task = what.task;
  g.prompt_index = what.prompt_index;
  g.sampling_seed = what.sampling_seed;
  g.issued_at = version_;
  g.pinned = what.pinned;
  g.evaluation = what.evaluation;
  g.payload_bytes = what.payload_bytes;
  g.outstanding_parts = rules_.verdict_parts;
  g.max_reuse = what.why == purpose::train ? rules_.max_reuse : 1;
  g.members.resize(what.num_generations);
  g.history.push_back({group_state::queued, wall_ms, {}});
  index(g);
  return groups_.emplace(g.id, std::move(g)).first->second;
}

std::vector<group_id> ledger::standing(group_state s, purpose why, std::size_t limit) const {
  std::vector<group_id> ids;
  const auto all = by_state_.find({s, why});
  if (all == by_state_.end()) {
    return ids;
  }
  const auto last = last_of(rules_.stage, why);
  for (auto it = all->second.lower_bound(first_of(rules_.stage, why));
       it != all->second.end() && *it <= last && ids.size() < limit; ++it) {
    ids.push_back(*it);
  }
  return ids;
}

const group* ledger::find(const group_id& id) const {
  const auto it = groups_.find(id);
  return it == groups_.end() ? nullptr : &it->second;
}

std::vector<const group*> ledger::of(purpose why) const {
  std::vector<const group*> found;
  const auto end = groups_.upper_bound(last_of(rules_.stage, why));
  for (auto it = groups_.lower_bound(first_of(rules_.stage, why)); it != end; ++it) {
    found.push_back(&it->second);
  }
  return found;
}

std::vector<const group*> ledger::evaluation(std::uint32_t index) const {
  auto found = of(purpose::eval);
  std::erase_if(found, [&](const group* g) { return g->evaluation != index; });
  return found;
}

} // namespace troupe::rollout
