// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/group_counts.hpp"
#include "schema/ids.hpp"

namespace troupe::rollout {

/// Bounds the backlog of `train` groups of one stage, so that generation can run ahead of the learner by at most
/// `max_staleness` versions.
///
/// Invariant: pending + ready + leased + trained <= (max_staleness + version + 1) * groups_per_batch.
/// With `replay`: pending + ready + leased <= (max_staleness + 1) * groups_per_batch; a new group comes in for each
/// that leaves. Without, where every batch trains its groups at once, the two say the same. A dropped group gives its
/// place back. Pure; not thread-safe, its owner is one actor. Source: AReaL (arXiv 2505.24298), section 5.1.
class staleness_gate {
public:
  struct options {
    std::uint32_t max_staleness = 1;     ///< policy versions; 0 makes training synchronous
    std::uint32_t groups_per_batch = 16; ///< groups the learner consumes at once
    bool replay = false;                 ///< groups are used again: they hold their place until their last use
  };

  explicit staleness_gate(options opts);

  /// Train groups that may be issued now; `counts` are those of the stage's train groups alone.
  std::uint64_t capacity(policy_version version, const group_counts& counts) const noexcept;

  /// The learner's version minus the oldest version among the policy segments of the group's samples.
  static std::uint64_t staleness(const group& g, policy_version learner) noexcept;
  /// The same of one sample.
  static std::uint64_t staleness(const member& sampled, policy_version learner) noexcept;

  /// The decision that a sample is too old: more than `max_staleness` versions behind. Such a group is not leased for
  /// training.
  bool too_old(const group& g, policy_version learner) const noexcept;
  /// The last version of the learner at which what `oldest` sampled is not too old.
  policy_version last_use(policy_version oldest) const noexcept;
  /// The oldest version whose tokens are not too old for a learner that is there.
  policy_version oldest_usable(policy_version learner) const noexcept;

private:
  options opts_;
};

} // namespace troupe::rollout
