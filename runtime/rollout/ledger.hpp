// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/group_counts.hpp"
#include "runtime/rollout/group_machine.hpp"
#include "runtime/rollout/lease_table.hpp"
#include "runtime/rollout/rate_limiter.hpp"
#include "runtime/rollout/remover.hpp"
#include "runtime/rollout/selector.hpp"
#include "runtime/rollout/staleness_gate.hpp"
#include "schema/step.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace troupe::rollout {

/// Who speaks, and when: `now` is monotonic and rules read it; `wall_ms` is for the history only.
struct caller {
  std::string worker;
  incarnation holder;
  monotonic_ms now{0};
  std::int64_t wall_ms = 0;
};

enum class submit_result : std::uint8_t { created, exists, conflict, fenced };
std::string to_string(submit_result r);

/// All that the buffer knows of its groups, and every rule about them: issue, lease, submit, commit, drop, expire.
/// Each call returns the group records to write in ONE batch (empty: nothing changed); the caller writes them together
/// with the payloads and answers after the write. Reopened from a store with `restore`, all leases void.
/// Pure: no I/O, no clock, no randomness. Not thread-safe; its owner is one actor.
class ledger {
public:
  /// What the present stage issues. `train` runs by the gate; `collect` and `eval` have a fixed number and a pinned
  /// version.
  struct stage_rules {
    stage_index stage;
    staleness_gate::options gate;
    bool drop_stale = true; ///< false: `wait`
    /// 1: a queue, each group is consumed once. More: a replay table, which needs `drop_stale`.
    std::uint32_t max_reuse = 1;
    std::uint32_t max_size = 0; ///< of a replay table: ready groups above it leave as `evict` says; 0: the gate's bound
    remover evict = remover::fifo;
    rate_limiter::options limit; ///< of a replay table
    selector_options select;     ///< which ready groups make a batch; the stage's seed is in it
    bool filter_zero_variance = false;
    bool mask_truncated = false;       ///< answers cut by length teach nothing; a group of nothing else is `truncated`
    std::uint32_t num_generations = 8; ///< of train and collect groups
    std::uint32_t verdict_parts = 1;   ///< submissions a group needs before it is ready
    monotonic_ms lease_time{60000};
  };
  using changes = std::vector<group>;

  explicit ledger(lease_id first_lease);

  /// A record read back from the store. Worker and learner leases are void: generating and verifying groups go back a
  /// state, leased ones to ready; what had to change is returned, to be written.
  changes restore(group g, std::int64_t wall_ms);

  void begin_stage(const stage_rules& rules, policy_version version);
  /// Holds from the next lease on.
  void set_max_staleness(std::uint32_t versions) { rules_.gate.max_staleness = versions; }
  std::uint32_t max_staleness() const noexcept { return rules_.gate.max_staleness; }
  policy_version version() const noexcept { return version_; }
  /// Of the present version: older weights would sample what is stale already.
  policy_version oldest_usable() const noexcept { return staleness_gate{rules_.gate}.oldest_usable(version_); }
  epoch learner() const noexcept { return learner_; } ///< any other one is fenced

  /// Train groups the gate would let out now.
  std::uint64_t train_capacity() const;
  /// Issues one group. Train: refused (nothing) when the gate is shut. The cursor is the next of (stage, purpose).
  struct issue_request {
    purpose why = purpose::train;
    std::string task;
    std::uint64_t prompt_index = 0;
    std::uint64_t sampling_seed = 0;
    std::uint32_t num_generations = 1;
    std::optional<policy_version> pinned;
    std::uint32_t evaluation = 0;
    std::uint64_t payload_bytes = 0; ///< of the prompt
  };
  std::optional<group> issue(const issue_request& what, std::int64_t wall_ms);
  /// From now on groups of this evaluation, or of the stage's collection, are handed out; before, their weights may not
  /// be there. Unfinished groups of another evaluation of the stage are dropped as `failed`.
  changes open_pinned(purpose why, std::uint32_t evaluation, std::int64_t wall_ms);
  /// The cursor the next group of `why` gets in the present stage.
  std::uint64_t next_cursor(purpose why) const;

  /// Oldest queued groups first; eval and collect before train. Empty lease id: nothing to do.
  struct lease_result {
    lease_id lease;
    changes groups;
  };
  lease_result lease_prompts(const caller& who, std::uint32_t max_groups);
  lease_result lease_generated(const caller& who, std::uint32_t max_groups);
  /// Exactly `groups_per_batch` ready train groups sorted by id, or nothing yet. Asked again under the same epoch and
  /// version it returns the same batch. Groups past `max_staleness` leave first (dropped as stale, or trained where a
  /// step used them before): those are in `dropped`. Group-complete: only whole groups, all parts judged, are ever
  /// chosen. Staleness-bounded: so at every use. Of more ready groups than fit, `select` chooses; with `wait`, those
  /// that must be used first, and nothing is leased while that would leave a group in flight no batch in time. A replay
  /// table's `limit` holds batches back, too. Another
  /// epoch than the present gets nothing.
  struct batch_result {
    std::optional<lease_id> lease;
    changes groups;
    changes dropped;
  };
  batch_result lease_batch(const caller& who, epoch learner);

  struct submit_outcome {
    submit_result result = submit_result::created;
    changes groups;
  };
  /// One member's sample is to be stored. The last one moves the group to `generated`. Once the work is done and no
  /// lease stands, the same payload answers `exists` and another `conflict`; while the group is another's, `fenced`. A
  /// version that the group is not pinned to, or that was never committed, is a `conflict`.
  submit_outcome submit_sample(const caller& who, lease_id lease, const group_id& id, std::uint32_t index,
                               member filled, std::uint64_t bytes = 0);
  /// One verdict part for every member. The last part moves the group on: train to ready (or dropped as undecided,
  /// zero_variance, truncated), eval to scored, collect stays ready until `collect`.
  submit_outcome submit_verdict(const caller& who, lease_id lease, const group_id& id, std::vector<judgement> members);
  /// Takes one member's unfinished sample, for another worker to go on with; its group's record is among the changes of
  /// the `hand_back` that follows. False, and nothing is taken: the group is not this worker's, the sample is finished,
  /// or it says versions that it cannot have.
  bool keep_partial(const caller& who, lease_id lease, const group_id& id, std::uint32_t index, member begun);
  /// Whether a worker that leases the group now goes on with this member's partial: not when it is so old that the
  /// sample would be stale before it is trained on.
  bool goes_on(const group& g, const member& m) const noexcept;
  /// Hands groups back unfinished (draining worker).
  changes hand_back(const caller& who, lease_id lease, std::string why);

  /// The learner's step. `fenced` when the epoch is not the present one or the lease is gone.
  submit_outcome commit_batch(const caller& who, epoch learner, lease_id lease, policy_version produced);
  /// The groups of the batch that the learner holds under this lease; null: it holds none.
  const std::vector<group_id>* leased_batch(lease_id lease) const {
    return batch_ && batch_->lease == lease ? &batch_->groups : nullptr;
  }
  /// A step that consumed no groups (sft): the version after the present one is `created`, the present one `exists`,
  /// any other is a `conflict`.
  submit_result commit_empty(policy_version produced);
  void advance_version(policy_version produced);
  changes collect(std::span<const group_id> groups, std::int64_t wall_ms);
  /// Refused (nothing) for final groups and for those the learner holds: these end by commit or by epoch. A group that
  /// a step consumed is not dropped but counted as trained.
  changes drop(const group_id& id, drop_reason why, std::int64_t wall_ms);

  /// Nobody will need what a finished stage has left over: train groups that have not come to an end are dropped as
  /// `stale`, others as `failed`. The learner must hold no batch of it. Nothing for another stage than the present.
  changes end_stage(stage_index stage, std::int64_t wall_ms);

  /// Marks groups whose payloads are to be removed with this write; all have come to their end and are not set aside.
  changes forget(std::span<const group_id> groups, std::int64_t wall_ms);

  /// Ends leases past their deadline and gives their groups back.
  changes expire(monotonic_ms now, std::int64_t wall_ms);
  /// Ends what a lost worker held and gives its groups back, as `expire` does.
  changes worker_lost(incarnation holder, std::int64_t wall_ms);
  bool renew(const caller& who, lease_id lease);
  /// A restarted learner: groups it had leased go back to ready, its old epoch is fenced.
  changes begin_epoch(epoch learner, std::int64_t wall_ms);

  const group* find(const group_id& id) const;
  std::vector<const group*> evaluation(std::uint32_t index) const;     ///< eval groups of the present stage
  std::vector<const group*> of(purpose why) const;                     ///< of the present stage
  const group_counts& counts() const noexcept { return total_; }       ///< over the whole run
  const group_counts& train_counts() const noexcept { return train_; } ///< train groups of the present stage
  std::vector<lease_table::lease> leases() const { return leases_.all(); }
  /// Why the learner's batch is not full, and who has the groups it lacks, in words: "3 of 16 groups ready, 2 verifying
  /// by verifier-0 for 301 s, 11 queued".
  std::string waiting_for(monotonic_ms now) const;
  /// The same of the groups of evaluations and collections: "2 verifying by verifier-0 for 301 s, 11 queued".
  std::string waiting_for_pinned(monotonic_ms now) const;
  /// Groups of evaluations and collections of the present stage that are not judged yet.
  std::uint64_t unfinished_pinned() const;

private:
  /// The one batch the learner holds; asking again under the same epoch and version gives it again.
  struct learner_batch {
    lease_id lease;
    stage_index stage;
    epoch learner;
    policy_version version;
    std::vector<group_id> groups;
  };
  struct last_step {
    lease_id lease;
    epoch learner;
    policy_version produced;
  };

  bool is_present_train(const group_id& id) const noexcept;
  bool is_open(purpose why) const noexcept;
  void index(const group& g);
  void replace(group& stored, group after);
  const group& advance(const group_id& id, const group_event& what, std::int64_t wall_ms);
  /// Of the present stage, in id order, at most `limit`; final states are not indexed.
  std::vector<group_id> standing(group_state s, purpose why, std::size_t limit) const;
  std::size_t count_standing(group_state s, std::span<const purpose> whose) const;
  std::string in_the_making(std::span<const purpose> whose, monotonic_ms now) const;
  std::string holders(group_state s, std::span<const purpose> whose, monotonic_ms now) const;
  lease_result lease_out(const caller& who, group_state from, std::uint32_t max_groups);
  bool holds(const caller& who, lease_id lease, const group& g) const;
  bool is_possible(const group& g, const member& sampled) const noexcept;
  changes give_back(const lease_table::lease& ended, const std::string& why, std::int64_t wall_ms);
  /// Out of the table: dropped as `why`, or trained where a step consumed it.
  const group& leave(const group_id& id, drop_reason why, std::int64_t wall_ms);
  void after_last_verdict(const group_id& id, std::int64_t wall_ms);
  /// What a replay table that holds more than `max_size` lets go.
  changes make_room(std::int64_t wall_ms);
  std::vector<candidate> ready_candidates() const;
  /// Train groups of the present stage that reached its table, also those that left it unused.
  std::uint64_t inserted() const;
  /// The last learner version at which a group may be leased for training; nothing while it has no sample.
  std::optional<policy_version> last_use(const group& g) const;
  std::vector<group_id> choose_batch() const;
  bool would_age(const std::vector<group_id>& batch) const;

  std::map<group_id, group> groups_;
  std::map<std::pair<group_state, purpose>, std::set<group_id>> by_state_;
  std::map<group_id, policy_version>
      sampling_since_; ///< train groups being generated: the version when they were leased, or of a partial in them
  group_counts total_;
  group_counts train_;
  lease_table leases_;
  stage_rules rules_;
  policy_version version_;
  epoch learner_;
  std::optional<learner_batch> batch_;
  std::optional<last_step> last_step_;
  bool evaluation_open_ = false;
  bool collection_open_ = false;
  std::uint64_t uses_ = 0; ///< of the present stage's train groups, by steps
  std::string held_back_;  ///< why the last batch asked for was full and yet not handed out
};

} // namespace troupe::rollout
