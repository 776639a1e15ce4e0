// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <optional>
#include <string>
#include <variant>

namespace troupe::rollout {

/// What can happen to a group. Each event names who caused it where somebody did.
namespace event {
struct lease_for_generation {
  lease_id lease;
  std::string worker;
};
struct submit_sample {
  member filled;
  std::uint32_t index = 0;
  std::uint64_t bytes = 0; ///< of the sample
};                         ///< a member's sample is stored
struct keep_partial {
  member begun;
  std::uint32_t index = 0;
}; ///< a member's sample is stored as far as it is; it may take the place of an earlier partial
struct generation_lost {
  std::string why;
}; ///< lease expired, or handed back: back to the queue
struct generation_finished {
  std::string worker;
}; ///< every member submitted
struct lease_for_verification {
  lease_id lease;
  std::string worker;
};
struct verification_lost {
  std::string why;
}; ///< back to generated
struct submit_verdict {
  std::vector<judgement> members;
  std::string worker;
}; ///< one verdict part of all members
struct lease_for_training {
  lease_id lease;
  std::string worker;
};
struct training_lost {
  std::string why;
}; ///< the learner's epoch ended: back to ready
struct commit {
  policy_version version;
};                 ///< one use more: back to ready while uses < max_reuse, then to trained
struct retire {};  ///< a group used before that will not be used again: ready to trained
struct collect {}; ///< collect: to collected
struct score {};   ///< eval: to scored
struct drop {
  drop_reason reason;
}; ///< never of a group that some step consumed: that one retires
struct drop_member {
  std::uint32_t index = 0;
  drop_reason reason;
}; ///< the group lives on
struct release {
  std::string who;
};                ///< out of quarantine (dropped as `corrupt`), to the state that its samples and verdicts support
struct forget {}; ///< prompt, samples and judgements are removed; only of a group that has come to its end
} // namespace event

using group_event =
    std::variant<event::lease_for_generation, event::submit_sample, event::keep_partial, event::generation_lost,
                 event::generation_finished, event::lease_for_verification, event::verification_lost,
                 event::submit_verdict, event::lease_for_training, event::training_lost, event::commit, event::collect,
                 event::score, event::drop, event::drop_member, event::retire, event::release, event::forget>;

/// The life of one group (docs/architecture.md) as a pure function: the group after `what`, or, where that transition
/// does not exist, nothing. The caller writes what it gets; the machine knows nothing of stores, actors or clocks.
/// Thread-safe: it has no state.
std::optional<group> apply(const group& before, const group_event& what, std::int64_t at_ms);

/// What happens to a group in state `in` whose lease is lost; nothing in a state without a lease.
std::optional<group_event> lease_lost(group_state in, std::string why);

/// Terminal states: trained, collected, scored, dropped.
bool is_final(group_state s) noexcept;
/// Dropped as `corrupt` (quarantine) or by an operator's word: a person may still want to look at it.
bool is_set_aside(const group& g) noexcept;
/// All its parts were judged, whatever became of it then.
bool is_judged(const group& g) noexcept;

/// The verdict and reward of a sample from its parts: undecided if any deciding part is undecided, else incorrect if
/// any is, else correct; the reward sums weight * value over the parts that are not undecided.
judgement judge_from_parts(std::vector<reward_part> parts);

} // namespace troupe::rollout
