// SPDX-License-Identifier: Apache-2.0
// The ledger's answer to "why is nothing moving": where the groups stand, and which worker has had them for how long.
#include "runtime/rollout/ledger.hpp"

#include <algorithm>
#include <limits>

namespace troupe::rollout {

namespace {

constexpr purpose learners[] = {purpose::train};
constexpr purpose pinned[] = {purpose::eval, purpose::collect};

} // namespace

std::string ledger::waiting_for(monotonic_ms now) const {
  const std::string making = in_the_making(learners, now);
  return std::to_string(count_standing(group_state::ready, learners)) + " of " +
         std::to_string(rules_.gate.groups_per_batch) + " groups ready" + (making.empty() ? "" : ", " + making) +
         (held_back_.empty() ? "" : "; " + held_back_);
}

std::string ledger::waiting_for_pinned(monotonic_ms now) const {
  return in_the_making(pinned, now);
}

std::size_t ledger::count_standing(group_state s, std::span<const purpose> whose) const {
  std::size_t count = 0;
  for (const auto why : whose) {
    const auto all = by_state_.find({s, why});
    if (all == by_state_.end() || all->second.empty()) {
      continue;
    }
    const auto& ids = all->second;
    const bool of_one_stage = ids.begin()->stage == rules_.stage && ids.rbegin()->stage == rules_.stage;
    count += of_one_stage ? ids.size() : standing(s, why, ids.size()).size();
  }
  return count;
}

std::uint64_t ledger::unfinished_pinned() const {
  std::uint64_t count = 0;
  for (const auto s : {group_state::queued, group_state::generating, group_state::generated, group_state::verifying}) {
    count += count_standing(s, pinned);
  }
  return count;
}

std::string ledger::in_the_making(std::span<const purpose> whose, monotonic_ms now) const {
  std::string text;
  for (const auto s : {group_state::verifying, group_state::generated, group_state::generating, group_state::queued}) {
    if (const auto n = count_standing(s, whose); n > 0) {
      text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + to_string(s) + holders(s, whose, now);
    }
  }
  return text;
}

/// " by verifier-0 for 301 s and verifier-1 for 4 s": the longest first, three at most.
std::string ledger::holders(group_state s, std::span<const purpose> whose, monotonic_ms now) const {
  constexpr std::size_t most = 3;
  std::map<std::string, monotonic_ms> since;
  for (const auto& l : leases_.all()) {
    const bool has = std::any_of(l.groups.begin(), l.groups.end(), [&](const group_id& id) {
      return groups_.at(id).state == s && std::find(whose.begin(), whose.end(), id.why) != whose.end();
    });
    if (has) {
      const auto known = since.emplace(l.worker, l.since).first;
      known->second = std::min(known->second, l.since);
    }
  }
  std::vector<std::pair<monotonic_ms, std::string>> longest;
  for (const auto& [worker, when] : since) {
    longest.emplace_back(when, worker);
  }
  std::sort(longest.begin(), longest.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(most, longest.size()); ++i) {
    const auto held = std::chrono::duration_cast<std::chrono::seconds>(now - longest[i].first).count();
    text += (text.empty() ? " by " : " and ") + longest[i].second + " for " + std::to_string(held) + " s";
  }
  return longest.size() > most ? text + " and " + std::to_string(longest.size() - most) + " more" : text;
}

} // namespace troupe::rollout
