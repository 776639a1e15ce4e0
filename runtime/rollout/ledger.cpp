// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/ledger.hpp"

#include "runtime/check.hpp"
#include "runtime/rollout/advantages.hpp"

#include <algorithm>

namespace troupe::rollout {

std::string to_string(submit_result r) {
  switch (r) {
  case submit_result::created:
    return "created";
  case submit_result::exists:
    return "exists";
  case submit_result::conflict:
    return "conflict";
  case submit_result::fenced:
    break;
  }
  return "fenced";
}

ledger::ledger(lease_id first_lease) : leases_(first_lease) {}

void ledger::put(group g) {
  const auto known = groups_.find(g.id);
  const bool counts_as_train = g.id.why == purpose::train;
  if (known == groups_.end()) {
    total_.add(g);
    if (counts_as_train) {
      train_by_stage_[g.id.stage].add(g);
    }
    auto& cursor = cursors_[{g.id.stage, g.id.why}];
    cursor = std::max(cursor, g.id.cursor + 1);
  } else {
    total_.move(known->second, g);
    if (counts_as_train) {
      train_by_stage_[g.id.stage].move(known->second, g);
    }
    by_state_[{known->second.state, g.id.why}].erase(g.id);
  }
  if (!is_final(g.state)) {
    by_state_[{g.state, g.id.why}].insert(g.id);
  }
  if (g.id.stage == rules_.stage && counts_as_train) {
    train_ = train_by_stage_[g.id.stage];
  }
  groups_.insert_or_assign(g.id, std::move(g));
  TROUPE_CHECK(total_.conserved(), "issued ", total_.issued);
}

group ledger::step(const group& before, const group_event& what, std::int64_t wall_ms) {
  auto after = apply(before, what, wall_ms);
  TROUPE_CHECK(after.has_value(), "group ", to_string(before.id), " in state ", to_string(before.state), ", event ",
               what.index());
  put(*after);
  return std::move(*after);
}

ledger::changes ledger::restore(group g, std::int64_t wall_ms) {
  const group before = g;
  put(std::move(g));
  const std::string why = "store reopened";
  switch (before.state) {
  case group_state::generating:
    return {step(before, event::generation_lost{why}, wall_ms)};
  case group_state::verifying:
    return {step(before, event::verification_lost{why}, wall_ms)};
  case group_state::leased:
    return {step(before, event::training_lost{why}, wall_ms)};
  default:
    return {};
  }
}

void ledger::begin_stage(const stage_rules& rules, policy_version version) {
  rules_ = rules;
  version_ = version;
  train_ = train_by_stage_[rules.stage];
  batch_.reset();
}

std::uint64_t ledger::train_capacity() const { return staleness_gate{rules_.gate}.capacity(version_, train_); }

std::uint64_t ledger::next_cursor(purpose why) const {
  const auto it = cursors_.find({rules_.stage, why});
  return it == cursors_.end() ? 0 : it->second;
}

std::optional<group> ledger::issue(const issue_request& what, std::int64_t wall_ms) {
  if (what.why == purpose::train && train_capacity() == 0) {
    return std::nullopt;
  }
  group g{.id = {rules_.stage, what.why, next_cursor(what.why), 0},
          .task = what.task,
          .prompt_index = what.prompt_index,
          .sampling_seed = what.sampling_seed,
          .issued_at = version_,
          .pinned = what.pinned,
          .evaluation = what.evaluation,
          .outstanding_parts = rules_.verdict_parts};
  g.members.resize(what.num_generations);
  g.history.push_back({group_state::queued, wall_ms, {}});
  put(g);
  return g;
}

const std::set<group_id>& ledger::in(group_state s, purpose why) const {
  static const std::set<group_id> none;
  const auto it = by_state_.find({s, why});
  return it == by_state_.end() ? none : it->second;
}

std::vector<group_id> ledger::first_of(group_state s, std::initializer_list<purpose> order, std::uint32_t max) const {
  std::vector<group_id> found;
  for (const auto why : order) {
    for (const auto& id : in(s, why)) {
      if (found.size() == max) {
        return found;
      }
      if (id.stage == rules_.stage) {
        found.push_back(id);
      }
    }
  }
  return found;
}

ledger::lease_result ledger::lease_out(const caller& who, group_state from, std::uint32_t max_groups) {
  const auto ids = first_of(from, {purpose::eval, purpose::collect, purpose::train}, max_groups);
  if (ids.empty()) {
    return {};
  }
  const lease_id lease = leases_.grant(who.worker, who.holder, ids, who.now + rules_.lease_time).id;
  changes leased;
  for (const auto& id : ids) {
    const group_event e = from == group_state::queued ? group_event{event::lease_for_generation{lease, who.worker}}
                                                      : group_event{event::lease_for_verification{lease, who.worker}};
    leased.push_back(step(groups_.at(id), e, who.wall_ms));
  }
  return {lease, std::move(leased)};
}

ledger::lease_result ledger::lease_prompts(const caller& who, std::uint32_t max_groups) {
  return lease_out(who, group_state::queued, max_groups);
}

ledger::lease_result ledger::lease_generated(const caller& who, std::uint32_t max_groups) {
  return lease_out(who, group_state::generated, max_groups);
}

ledger::batch_result ledger::lease_batch(const caller& who, epoch learner) {
  batch_result out;
  if (learner != learner_) {
    return out;
  }
  if (batch_ && batch_->version == version_) {
    out.lease = batch_->lease;
    for (const auto& id : batch_->groups) {
      out.groups.push_back(groups_.at(id));
    }
    return out;
  }
  const staleness_gate gate{rules_.gate};
  std::vector<group_id> chosen;
  const auto ready = in(group_state::ready, purpose::train); // a copy: dropping changes the set
  for (const auto& id : ready) {
    const group& g = groups_.at(id);
    if (id.stage != rules_.stage || chosen.size() == rules_.gate.groups_per_batch) {
      continue;
    }
    if (rules_.drop_stale && gate.too_old(g, version_)) {
      out.dropped.push_back(step(g, event::drop{drop_reason::stale}, who.wall_ms));
    } else {
      chosen.push_back(id);
    }
  }
  if (chosen.size() < rules_.gate.groups_per_batch || (!rules_.drop_stale && commit_would_age())) {
    return out;
  }
  std::sort(chosen.begin(), chosen.end());
  const lease_id lease = leases_.grant(who.worker, who.holder, chosen, std::nullopt).id;
  for (const auto& id : chosen) {
    out.groups.push_back(step(groups_.at(id), event::lease_for_training{lease, who.worker}, who.wall_ms));
  }
  out.lease = lease;
  batch_ = granted_batch{lease, version_, std::move(chosen)};
  return out;
}

/// With `wait`: is a group in flight that one more version would push past the bound?
bool ledger::commit_would_age() const {
  for (const auto s : {group_state::generating, group_state::generated, group_state::verifying}) {
    for (const auto& id : in(s, purpose::train)) {
      const auto oldest = groups_.at(id).issued_at.value; // its samples are at least as young
      if (id.stage == rules_.stage && version_.value + 1 > oldest + rules_.gate.max_staleness) {
        return true;
      }
    }
  }
  return false;
}

bool ledger::held(const caller& who, lease_id lease, const group_id& id) const {
  const auto* l = leases_.find(lease, who.holder);
  return l != nullptr && std::find(l->groups.begin(), l->groups.end(), id) != l->groups.end();
}

ledger::submit_outcome ledger::submit_sample(const caller& who, lease_id lease, const group_id& id,
                                             std::uint32_t index, member filled) {
  const group* g = find(id);
  if (g == nullptr || index >= g->members.size()) {
    return {submit_result::fenced, {}};
  }
  if (g->members[index].submitted) {
    const bool same = g->members[index].checksum == filled.checksum;
    return {same ? submit_result::exists : submit_result::conflict, {}};
  }
  if (!held(who, lease, id) || g->state != group_state::generating) {
    return {submit_result::fenced, {}};
  }
  filled.submitted = true;
  group after = step(*g, event::submit_sample{filled, index}, who.wall_ms);
  if (std::all_of(after.members.begin(), after.members.end(), [](const auto& m) { return m.submitted; })) {
    after = step(after, event::generation_finished{who.worker}, who.wall_ms);
    leases_.settle(lease, id);
  }
  return {submit_result::created, {std::move(after)}};
}

ledger::submit_outcome ledger::submit_verdict(const caller& who, lease_id lease, const group_id& id,
                                              std::vector<judgement> members) {
  const group* g = find(id);
  if (g == nullptr || members.size() != g->members.size()) {
    return {submit_result::fenced, {}};
  }
  if (!held(who, lease, id) || g->state != group_state::verifying) {
    const bool judged_before = g->outstanding_parts == 0;
    return {judged_before ? submit_result::exists : submit_result::fenced, {}};
  }
  group after = step(*g, event::submit_verdict{std::move(members), who.worker}, who.wall_ms);
  leases_.settle(lease, id);
  submit_outcome out;
  if (after.outstanding_parts == 0) {
    judged(after, out.groups, who.wall_ms);
  }
  out.groups.push_back(std::move(after));
  return out;
}

/// What follows from the last verdict part.
void ledger::judged(group& g, changes&, std::int64_t wall_ms) {
  if (g.id.why == purpose::eval) {
    g = step(g, event::score{}, wall_ms);
    return;
  }
  std::vector<double> rewards;
  std::vector<std::uint8_t> counted;
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    if (g.members[i].verdict == verdict_kind::undecided && g.members[i].dropped == drop_reason::none) {
      g = step(g, event::drop_member{i, drop_reason::undecided}, wall_ms);
    }
    rewards.push_back(g.members[i].reward);
    counted.push_back(g.members[i].dropped == drop_reason::none ? 1 : 0);
  }
  if (g.id.why != purpose::train) {
    return;
  }
  if (std::count(counted.begin(), counted.end(), 1) < 2) {
    g = step(g, event::drop{drop_reason::undecided}, wall_ms);
  } else if (rules_.filter_zero_variance && zero_variance(rewards, counted)) {
    g = step(g, event::drop{drop_reason::zero_variance}, wall_ms);
  }
}

ledger::changes ledger::give_back(const std::vector<lease_table::lease>& ended, const std::string& why,
                                  std::int64_t wall_ms) {
  changes out;
  for (const auto& lease : ended) {
    for (const auto& id : lease.groups) {
      const group& g = groups_.at(id);
      switch (g.state) {
      case group_state::generating:
        out.push_back(step(g, event::generation_lost{why}, wall_ms));
        break;
      case group_state::verifying:
        out.push_back(step(g, event::verification_lost{why}, wall_ms));
        break;
      case group_state::leased:
        out.push_back(step(g, event::training_lost{why}, wall_ms));
        break;
      default: // dropped by an operator meanwhile
        break;
      }
    }
  }
  return out;
}

ledger::changes ledger::hand_back(const caller& who, lease_id lease, std::string why) {
  const auto* l = leases_.find(lease, who.holder);
  if (l == nullptr) {
    return {};
  }
  const lease_table::lease ended = *l;
  for (const auto& id : ended.groups) {
    leases_.settle(lease, id);
  }
  return give_back({ended}, why, who.wall_ms);
}

ledger::submit_outcome ledger::commit_batch(const caller& who, epoch learner, lease_id lease, policy_version produced) {
  if (learner != learner_ || !batch_ || batch_->lease != lease || leases_.find(lease, who.holder) == nullptr ||
      produced != version_.next()) {
    return {submit_result::fenced, {}};
  }
  submit_outcome out;
  for (const auto& id : batch_->groups) {
    out.groups.push_back(step(groups_.at(id), event::commit{produced}, who.wall_ms));
    leases_.settle(lease, id);
  }
  version_ = produced;
  batch_.reset();
  return out;
}

void ledger::advance_version(policy_version produced) {
  TROUPE_CHECK(produced > version_, produced.value, " after ", version_.value);
  version_ = produced;
}

ledger::changes ledger::collect(std::span<const group_id> groups, std::int64_t wall_ms) {
  changes out;
  for (const auto& id : groups) {
    out.push_back(step(groups_.at(id), event::collect{}, wall_ms));
  }
  return out;
}

ledger::changes ledger::drop(const group_id& id, drop_reason why, std::int64_t wall_ms) {
  const group* g = find(id);
  if (g == nullptr || is_final(g->state)) {
    return {};
  }
  leases_.settle(g->lease, id);
  return {step(*g, event::drop{why}, wall_ms)};
}

ledger::changes ledger::expire(monotonic_ms now, std::int64_t wall_ms) {
  return give_back(leases_.expire(now), "lease expired", wall_ms);
}

ledger::changes ledger::worker_lost(incarnation holder, std::int64_t wall_ms) {
  return give_back(leases_.release(holder), "worker lost", wall_ms);
}

bool ledger::renew(const caller& who, lease_id lease) {
  return leases_.renew(lease, who.holder, who.now + rules_.lease_time);
}

ledger::changes ledger::begin_epoch(epoch learner, std::int64_t wall_ms) {
  TROUPE_CHECK(learner > learner_, "epoch ", learner.value, " after ", learner_.value);
  learner_ = learner;
  changes out;
  if (batch_) {
    for (const auto& id : batch_->groups) {
      leases_.settle(batch_->lease, id);
      out.push_back(step(groups_.at(id), event::training_lost{"learner restarted"}, wall_ms));
    }
    batch_.reset();
  }
  return out;
}

const group* ledger::find(const group_id& id) const {
  const auto it = groups_.find(id);
  return it == groups_.end() ? nullptr : &it->second;
}

std::vector<const group*> ledger::of(purpose why) const {
  std::vector<const group*> found;
  const group_id from{rules_.stage, why, 0, 0};
  for (auto it = groups_.lower_bound(from);
       it != groups_.end() && it->first.stage == rules_.stage && it->first.why == why; ++it) {
    found.push_back(&it->second);
  }
  return found;
}

std::vector<const group*> ledger::evaluation(std::uint32_t index) const {
  auto found = of(purpose::eval);
  std::erase_if(found, [&](const group* g) { return g->evaluation != index; });
  return found;
}

std::string ledger::waiting_for() const {
  const auto n = [&](group_state s) {
    return std::to_string(std::count_if(in(s, purpose::train).begin(), in(s, purpose::train).end(),
                                        [&](const auto& id) { return id.stage == rules_.stage; }));
  };
  return n(group_state::ready) + " of " + std::to_string(rules_.gate.groups_per_batch) + " groups ready, " +
         n(group_state::verifying) + " verifying, " + n(group_state::generated) + " waiting for a verifier, " +
         n(group_state::generating) + " generating, " + n(group_state::queued) + " queued";
}

} // namespace troupe::rollout
