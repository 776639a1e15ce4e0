// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/metrics/registry.hpp"
#include "runtime/rollout/ledger.hpp"
#include "runtime/rollout/retention.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/task/mixture.hpp"
#include "runtime/task/prompt_source.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

using source_map = std::map<std::string, std::shared_ptr<const task::prompt_source>>;

/// Milliseconds of a monotonic clock, and of the wall clock for histories.
struct clock_reading {
  rollout::monotonic_ms now{0};
  std::int64_t wall_ms = 0;
};

/// What the buffer does, without the actor: asks the ledger, writes what it answers to the journal in one write,
/// replies after the write. Not thread-safe; its owner is the buffer actor. Throws troupe::error where the journal
/// does.
class buffer_service {
public:
  /// Takes up what the journal holds; all leases are void and a new epoch begins.
  buffer_service(store::journal& journal, const config::recipe& what, source_map sources, clock_reading at);

  /// Shows what it does as live figures from now on; `figures` outlives it.
  void show_in(metrics::registry& figures) { figures_ = &figures; }

  /// The stage's rules hold from now on, and work is handed out; what stands of it in the journal goes on.
  done_reply begin_stage(const begin_stage_request& r);
  issue_reply issue(const issue_request& r, clock_reading at);
  /// Ends late leases, issues as many new train groups as the gate lets out, leases the oldest; nothing while paused or
  /// between stages.
  lease_prompts_reply lease_prompts(const lease_prompts_request& r, clock_reading at);
  /// Each sample by itself, all in one write; the answer is the last result that was not `created`.
  write_reply submit_samples(const submit_samples_request& r, clock_reading at);
  /// As lease_prompts, of sampled groups, with prompt and samples.
  lease_generated_reply lease_generated(const lease_generated_request& r, clock_reading at);
  /// Each group by itself: its judgements and its record, all groups in one write.
  write_reply submit_verdict(const submit_verdict_request& r, clock_reading at);
  /// Groups go back, and the partials that somebody will go on with are stored, in one write.
  write_reply hand_back(const hand_back_request& r, clock_reading at);
  write_reply renew(const renew_request& r, clock_reading at);
  write_reply worker_lost(const worker_lost_request& r, clock_reading at);
  /// Also writes which groups were too old. Asked again, the same batch.
  lease_batch_reply lease_batch(const lease_batch_request& r, clock_reading at);
  /// On disk before the answer. A step that is recorded already `exists`, whoever says it.
  write_reply commit(const commit_request& r, clock_reading at);
  read_history_reply read_history() const;
  read_steps_reply read_steps(const read_steps_request& r) const;
  lease_batch_reply read_batch(const read_batch_request& r) const;
  read_dataset_reply read_dataset(const read_dataset_request& r) const;
  write_reply record(const record_request& r, clock_reading at);
  build_dataset_reply build_dataset(const build_dataset_request& r, clock_reading at);
  progress_reply progress(const progress_request& r, clock_reading at) const;
  evaluation_reply evaluation(const evaluation_request& r) const;
  begin_epoch_reply begin_epoch(clock_reading at);
  steer_reply steer(const steer_request& r);
  summary_reply summary() const;

  /// A write that failed is kept, and the ledger is that one write ahead of the journal: this writes it, or throws
  /// again. To be called before anything that writes, so that nothing is built on what is not stored; the request that
  /// failed may then be repeated.
  void settle();

private:
  rollout::caller caller(const worker_name& who, clock_reading at) const;
  void save(rollout::ledger::changes groups, store::write rest, store::durability how);
  /// Lease ids are reserved in the journal in blocks, ahead of what is given out.
  void reserve_leases(store::write& with, lease_id given);
  void save_leased(rollout::ledger::changes groups, lease_id given);
  /// Of a lease that its worker would not hear of when the write fails.
  void save_leased(const rollout::ledger::lease_result& leased, const rollout::caller& to);
  void expire(clock_reading at);
  std::string waiting_for(clock_reading at) const;
  std::string explain(clock_reading at) const;
  void issue_train(std::uint32_t wanted, clock_reading at);
  /// Throws error(unavailable) between stages: a buffer that was restarted knows nothing of the stage before it is
  /// told.
  void require_stage() const;
  /// What operators have changed in the stage at hand, and before.
  void take_up_steering();
  /// Takes up what the recipe's limits and the journal's datasets, stages and checkpoints say.
  void start_retention();
  /// After a change of the stage's checkpoints or status.
  void update_needs(stage_index stage);
  /// One write, of bounded size, where something is due; without limits nothing.
  void forget_due(clock_reading at);
  const config::stage_spec& spec() const;
  payload<batch> read_groups(const std::vector<group>& groups) const;
  std::vector<sample> read_samples(const group& g) const;
  sample read_sample(const group& g, std::uint32_t index) const;
  prompt read_prompt(const group_id& id) const;

  store::journal& journal_;
  const config::recipe& recipe_;
  source_map sources_;
  rollout::ledger ledger_;
  std::optional<rollout::retention> retention_; ///< nothing: everything is kept
  stage_index stage_;
  bool open_ = false;   ///< between stages, and before the first of this life, no work is handed out
  bool paused_ = false; ///< by an operator: no work is handed out
  std::optional<task::mixture> mixture_;
  sampling_plan pinned_plan_;
  struct unsaved {
    store::write what;
    store::durability how = store::durability::wal;
  };
  std::optional<unsaved> unsaved_;
  metrics::registry* figures_ = nullptr;
  std::optional<rollout::monotonic_ms> batch_asked_; ///< since when the learner waits for one
  std::string last_undecided_;                       ///< why the last verdict of a train group could not be given
  lease_id reserved_; ///< the journal promises that no lease id from here on was ever given out
};

} // namespace troupe::actors
