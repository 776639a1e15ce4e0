// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::rollout {

/// Milliseconds of a monotonic clock, passed in: no rule here reads a clock by itself.
using monotonic_ms = std::chrono::milliseconds;

/// Who may work on what, and until when. A lease ends by time (workers) or by epoch (the learner, which has no
/// deadline). The fence is checked before anything else: a worker's word counts only under the incarnation that took
/// the lease. Pure; not thread-safe, its owner is one actor.
class lease_table {
public:
  struct lease {
    lease_id id;
    std::string worker;
    incarnation holder;
    std::vector<group_id> groups;
    monotonic_ms since{0};                ///< when it was granted
    std::optional<monotonic_ms> deadline; ///< none: ends by epoch
  };

  /// `first` is larger than any lease id ever given out by this store.
  explicit lease_table(lease_id first);

  const lease& grant(std::string worker, incarnation holder, std::vector<group_id> groups, monotonic_ms now,
                     std::optional<monotonic_ms> deadline);

  /// The lease, if it lives and `holder` took it; null otherwise, which the caller answers with `fenced`.
  const lease* find(lease_id id, incarnation holder) const noexcept;

  bool renew(lease_id id, incarnation holder, monotonic_ms deadline) noexcept;

  /// Takes one group out of a lease; the lease ends with its last group.
  void settle(lease_id id, const group_id& group);

  /// Ends and returns the leases past their deadline, oldest first.
  std::vector<lease> expire(monotonic_ms now);

  /// Ends and returns every lease of a worker that has gone.
  std::vector<lease> release(incarnation holder);

  std::vector<lease> all() const;

private:
  lease_id next_;
  std::map<lease_id, lease> leases_;
};

} // namespace troupe::rollout
