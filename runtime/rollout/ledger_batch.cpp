// SPDX-License-Identifier: Apache-2.0
// The learner's half of the ledger: batches, steps, epochs; and what a dataset takes.
#include "runtime/check.hpp"
#include "runtime/rollout/ledger.hpp"

#include <algorithm>
#include <limits>

namespace troupe::rollout {

namespace {

constexpr auto no_limit = std::numeric_limits<std::size_t>::max();

} // namespace

std::optional<policy_version> ledger::last_use(const group& g) const {
  std::optional<policy_version> oldest;
  if (const auto it = sampling_since_.find(g.id); it != sampling_since_.end()) {
    oldest = it->second;
  }
  for (const auto& m : g.members) {
    if (m.submitted) {
      oldest = oldest ? std::min(*oldest, m.oldest) : m.oldest;
    }
  }
  return oldest ? std::optional{staleness_gate{rules_.gate}.last_use(*oldest)} : std::nullopt;
}

std::uint64_t ledger::inserted() const {
  const auto left_unused = [&](drop_reason why) { return train_.dropped[static_cast<std::size_t>(why)]; };
  return train_.ready + train_.leased + train_.trained + left_unused(drop_reason::evicted) +
         left_unused(drop_reason::stale);
}

std::vector<candidate> ledger::ready_candidates() const {
  std::vector<candidate> ready;
  for (const auto& id : standing(group_state::ready, purpose::train, no_limit)) {
    ready.push_back({id, reward_spread(groups_.at(id))});
  }
  return ready;
}

ledger::changes ledger::make_room(std::int64_t wall_ms) {
  changes gone;
  const std::size_t ready = train_.ready;
  if (rules_.max_size > 0 && ready > rules_.max_size) {
    for (const auto& id : remove(rules_.evict, ready_candidates(), ready - rules_.max_size)) {
      gone.push_back(leave(id, drop_reason::evicted, wall_ms));
    }
  }
  return gone;
}

std::vector<group_id> ledger::choose_batch() const {
  auto ids = standing(group_state::ready, purpose::train, no_limit);
  if (!rules_.drop_stale) {
    std::stable_sort(ids.begin(), ids.end(), [&](const group_id& a, const group_id& b) {
      return last_use(groups_.at(a)).value() < last_use(groups_.at(b)).value();
    });
    ids.resize(std::min<std::size_t>(ids.size(), rules_.gate.groups_per_batch));
  } else if (ids.size() >= rules_.gate.groups_per_batch) {
    ids = select(rules_.select, version_, ready_candidates(), rules_.gate.groups_per_batch);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Earliest deadline first: of the train groups in flight beside `batch`, the i-th to be needed goes at best into batch
/// ceil(i / groups_per_batch) after this one. True when that is too late for one of them and one of those up to it is
/// not ready yet, so that waiting can help.
bool ledger::would_age(const std::vector<group_id>& batch) const {
  struct in_flight {
    std::uint64_t last_use;
    bool ready;
  };
  std::vector<in_flight> rest;
  for (const auto s : {group_state::queued, group_state::generating, group_state::generated, group_state::verifying,
                       group_state::ready}) {
    for (const auto& id : standing(s, purpose::train, no_limit)) {
      const auto last = last_use(groups_.at(id));
      const bool hopeless = last && *last < version_; // dropped as stale whatever the learner does
      if (last && !hopeless && !std::binary_search(batch.begin(), batch.end(), id)) {
        rest.push_back({last->value, s == group_state::ready});
      }
    }
  }
  std::sort(rest.begin(), rest.end(), [](const in_flight& a, const in_flight& b) { return a.last_use < b.last_use; });
  bool all_ready = true;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    all_ready = all_ready && rest[i].ready;
    const std::uint64_t earliest = version_.value + 1 + i / rules_.gate.groups_per_batch;
    if (earliest > rest[i].last_use && !all_ready) {
      return true;
    }
  }
  return false;
}

ledger::batch_result ledger::lease_batch(const caller& who, epoch learner) {
  batch_result out;
  if (learner != learner_) {
    return out;
  }
  if (batch_ && batch_->stage == rules_.stage && batch_->learner == learner && batch_->version == version_) {
    if (leases_.find(batch_->lease, who.holder) == nullptr) {
      return out;
    }
    out.lease = batch_->lease;
    for (const auto& id : batch_->groups) {
      out.groups.push_back(groups_.at(id));
    }
    return out;
  }
  const staleness_gate gate{rules_.gate};
  for (const auto& id : standing(group_state::ready, purpose::train, no_limit)) {
    if (gate.too_old(groups_.at(id), version_)) {
      out.dropped.push_back(leave(id, drop_reason::stale, who.wall_ms));
    }
  }
  const auto ids = choose_batch();
  const bool full = ids.size() == rules_.gate.groups_per_batch;
  held_back_.clear();
  if (full && !rules_.drop_stale && would_age(ids)) {
    held_back_ = "held back: a step now would leave older groups in flight past max_staleness";
  } else if (full) {
    held_back_ = rate_limiter{rules_.limit}.refusal(train_.ready, inserted(), uses_, ids.size());
  }
  if (!full || !held_back_.empty()) {
    return out;
  }
  const lease_id lease = leases_.grant(who.worker, who.holder, ids, who.now, std::nullopt).id;
  for (const auto& id : ids) {
    out.groups.push_back(advance(id, event::lease_for_training{lease, who.worker}, who.wall_ms));
  }
  out.lease = lease;
  batch_ = learner_batch{lease, rules_.stage, learner, version_, ids};
  return out;
}

ledger::submit_outcome ledger::commit_batch(const caller& who, epoch learner, lease_id lease, policy_version produced) {
  if (learner != learner_) {
    return {.result = submit_result::fenced};
  }
  if (last_step_ && last_step_->learner == learner && last_step_->lease == lease) {
    return {.result = last_step_->produced == produced ? submit_result::exists : submit_result::conflict};
  }
  if (!batch_ || batch_->lease != lease || leases_.find(lease, who.holder) == nullptr) {
    return {.result = submit_result::fenced};
  }
  if (produced != version_.next()) {
    return {.result = submit_result::conflict};
  }
  submit_outcome out;
  for (const auto& id : batch_->groups) {
    out.groups.push_back(advance(id, event::commit{produced}, who.wall_ms));
    leases_.settle(lease, id);
  }
  last_step_ = last_step{lease, learner, produced};
  batch_.reset();
  version_ = produced;
  return out;
}

submit_result ledger::commit_empty(policy_version produced) {
  if (produced == version_) {
    return submit_result::exists;
  }
  if (produced != version_.next()) {
    return submit_result::conflict;
  }
  advance_version(produced);
  return submit_result::created;
}

void ledger::advance_version(policy_version produced) {
  TROUPE_CHECK(produced > version_, "version ", version_.value, " to ", produced.value);
  version_ = produced;
}

ledger::changes ledger::collect(std::span<const group_id> groups, std::int64_t wall_ms) {
  changes out;
  for (const auto& id : groups) {
    const group* g = find(id);
    if (g != nullptr && id.why == purpose::collect && g->state == group_state::ready) {
      out.push_back(advance(id, event::collect{}, wall_ms));
    }
  }
  return out;
}

ledger::changes ledger::end_stage(stage_index stage, std::int64_t wall_ms) {
  changes out;
  if (stage != rules_.stage) {
    return out;
  }
  std::vector<group_id> open;
  for (const auto why : {purpose::train, purpose::collect, purpose::eval}) {
    for (const group* g : of(why)) {
      if (!is_final(g->state)) {
        open.push_back(g->id);
      }
    }
  }
  for (const auto& id : open) {
    auto gone = drop(id, id.why == purpose::train ? drop_reason::stale : drop_reason::failed, wall_ms);
    TROUPE_CHECK(!gone.empty(), "the learner still holds ", to_string(id), " of a stage that ends");
    std::move(gone.begin(), gone.end(), std::back_inserter(out));
  }
  return out;
}

ledger::changes ledger::begin_epoch(epoch learner, std::int64_t wall_ms) {
  if (learner <= learner_) {
    return {};
  }
  learner_ = learner;
  changes out;
  for (const auto& held : leases_.all()) {
    if (held.deadline) {
      continue;
    }
    for (const auto& id : held.groups) {
      leases_.settle(held.id, id);
    }
    auto some = give_back(held, "learner restarted", wall_ms);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

} // namespace troupe::rollout
