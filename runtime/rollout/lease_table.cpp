// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/lease_table.hpp"

#include <algorithm>

namespace troupe::rollout {

lease_table::lease_table(lease_id first) : next_(first) {}

const lease_table::lease& lease_table::grant(std::string worker, incarnation holder, std::vector<group_id> groups,
                                             monotonic_ms now, std::optional<monotonic_ms> deadline) {
  const lease_id id = next_;
  next_ = next_.next();
  return leases_.emplace(id, lease{id, std::move(worker), holder, std::move(groups), now, deadline}).first->second;
}

const lease_table::lease* lease_table::find(lease_id id, incarnation holder) const noexcept {
  const auto it = leases_.find(id);
  return it != leases_.end() && it->second.holder == holder ? &it->second : nullptr;
}

bool lease_table::renew(lease_id id, incarnation holder, monotonic_ms deadline) noexcept {
  const auto it = leases_.find(id);
  if (it == leases_.end() || it->second.holder != holder) {
    return false;
  }
  it->second.deadline = deadline;
  return true;
}

void lease_table::settle(lease_id id, const group_id& group) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) {
    return;
  }
  std::erase(it->second.groups, group);
  if (it->second.groups.empty()) {
    leases_.erase(it);
  }
}

std::vector<lease_table::lease> lease_table::expire(monotonic_ms now) {
  std::vector<lease> ended;
  for (auto it = leases_.begin(); it != leases_.end();) {
    if (it->second.deadline && *it->second.deadline <= now) {
      ended.push_back(std::move(it->second));
      it = leases_.erase(it);
    } else {
      ++it;
    }
  }
  return ended;
}

std::vector<lease_table::lease> lease_table::release(incarnation holder) {
  std::vector<lease> ended;
  for (auto it = leases_.begin(); it != leases_.end();) {
    if (it->second.holder == holder) {
      ended.push_back(std::move(it->second));
      it = leases_.erase(it);
    } else {
      ++it;
    }
  }
  return ended;
}

std::vector<lease_table::lease> lease_table::all() const {
  std::vector<lease> copy;
  for (const auto& [id, l] : leases_) {
    copy.push_back(l);
  }
  return copy;
}

} // namespace troupe::rollout
