// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "runtime/rollout/ledger.hpp"
#include "schema/dataset.hpp"
#include "schema/step.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What actors say to each other: `<verb>_request`, `<verb>_reply`, and past tense for events. Small values travel by
/// copy; token arrays and other payloads as shared pointers to what nobody changes any more.
namespace troupe::actors {

template <class T>
using payload = std::shared_ptr<const T>;

/// A worker of this process life.
struct worker_name {
  std::string name;
  incarnation life;
};

/// The reply of a request that can only be done or fail.
struct done_reply {};

struct sampling_plan {
  double temperature = 1;
  double top_p = 1;
  std::uint32_t top_k = 0;
  std::uint32_t max_new_tokens = 64;
};

struct begin_stage_request {
  stage_index stage;
  policy_version version;
};

/// eval: `count` problems of each of the stage's tasks, from `from`; collect: `count` prompts of its mixture; each with
/// `num_samples` samples. What was issued before a restart is not issued again, and goes on from where it was.
struct issue_request {
  purpose why = purpose::eval;
  split from = split::validation;
  std::uint64_t count = 0;
  std::uint32_t num_samples = 1;
  policy_version pinned;
  std::uint32_t evaluation = 0;
  payload<sampling_plan> sampling;
};
struct issue_reply {
  std::uint64_t issued = 0;
};

struct prompt_work {
  group what;
  prompt asked;
  sampling_plan sampling;
  policy_version not_before;      ///< train: older weights would sample what is stale before it is leased for training
  std::vector<sample> partials{}; ///< of some members, by index: begun by another worker, to go on with
};
struct lease_prompts_request {
  worker_name who;
  std::uint32_t max_groups = 1;
};
struct lease_prompts_reply {
  lease_id lease;
  payload<std::vector<prompt_work>> work;
  std::chrono::milliseconds renew_every{0};
};

struct sampled {
  lease_id lease;
  group_id of;
  sample what;
};
struct submit_samples_request {
  worker_name who;
  payload<std::vector<sampled>> samples;
};
/// How a request that writes came out.
struct write_reply {
  rollout::submit_result result = rollout::submit_result::created;
};

struct generated_group {
  group what;
  prompt asked;
  std::vector<sample> samples;
};
struct lease_generated_request {
  worker_name who;
  std::uint32_t max_groups = 1;
};
struct lease_generated_reply {
  lease_id lease;
  payload<std::vector<generated_group>> groups;
  std::chrono::milliseconds renew_every{0};
};
struct judged_group {
  lease_id lease;
  group_id of;
  std::vector<judgement> judgements;
};
struct submit_verdict_request {
  worker_name who;
  payload<std::vector<judged_group>> groups;
};

struct hand_back_request {
  worker_name who;
  lease_id lease;
  std::string why;
  payload<std::vector<sampled>> partials{}; ///< what is not finished, for others to go on with; null: nothing
};
struct renew_request {
  worker_name who;
  lease_id lease;
};
struct worker_lost_request {
  worker_name who;
};

struct batch_group {
  group what;
  prompt asked;
  std::vector<sample> samples;
  std::vector<judgement> judgements;
};
struct batch {
  std::vector<batch_group> groups;
  std::uint64_t data_cursor = 0;
};
struct lease_batch_request {
  worker_name who;
  epoch learner;
};
/// Without a batch, `waiting_for` says why.
struct lease_batch_reply {
  lease_id lease;
  payload<batch> what;
  std::string waiting_for;
};
struct commit_request {
  worker_name who;
  epoch learner;
  lease_id lease;
  payload<step_record> step;
};
struct read_batch_request {
  std::vector<group_id> groups;
};
/// What a run that goes on has to know: its stages so far, and their checkpoints in the order they were made.
struct read_history_request {};
struct read_history_reply {
  payload<std::vector<stage_record>> stages;
  payload<std::vector<checkpoint_record>> checkpoints;
};
/// The recorded steps of a stage that lie behind a version, in order.
struct read_steps_request {
  stage_index stage;
  policy_version after;
};
struct read_steps_reply {
  payload<std::vector<step_record>> steps;
};
struct read_dataset_request {
  std::string name;
};
struct read_dataset_reply {
  payload<std::vector<dataset_record>> records;
};

/// Any of them may be null or empty.
struct record_request {
  payload<checkpoint_record> checkpoint;
  std::vector<checkpoint_record> forgotten;
  payload<stage_record> stage;
  std::optional<epoch> learner{}; ///< of the learner that records; one before the present is fenced
};
struct build_dataset_request {
  stage_index stage;
  std::string policy_checkpoint; ///< of the weights that sampled; empty: the recipe's model
  policy_version step;           ///< of that checkpoint, in its own stage
};
struct build_dataset_reply {
  payload<dataset_manifest> made;
};

/// To the buffer itself: tries again what waits for space.
struct write_again {};

struct progress_request {
  bool explain = false; ///< fill in `waiting_for`: why pinned groups, or without any the learner's, are not done
};
struct progress_reply {
  std::uint64_t unfinished_pinned = 0; ///< eval and collect groups of the stage that are not done yet
  policy_version version;
  std::string waiting_for;
};
/// A learner takes over: what another one held goes back, and its epoch is fenced.
struct begin_epoch_request {};
struct begin_epoch_reply {
  epoch learner;
};
/// Groups by state and samples by fate over the whole run, as JSON for the report.
struct summary_request {};
struct summary_reply {
  std::string counts;
};

/// What an operator changes while the run goes on; only what is set. It is kept over restarts.
struct steer_request {
  std::optional<bool> paused;                 ///< nothing is leased
  std::optional<std::uint32_t> max_staleness; ///< of the present stage, in versions
};
/// How it is now; `max_staleness` 0 also where no stage that trains has begun.
struct steer_reply {
  bool paused = false;
  std::uint32_t max_staleness = 0;
};

struct evaluation_request {
  stage_index stage;
  std::uint32_t evaluation = 0;
};
struct answer_shown {
  std::string prompt;
  std::string completion;
  std::string answer;
  verdict_kind verdict;
};
struct task_result {
  std::uint64_t problems = 0;
  std::uint64_t samples = 0;
  std::uint64_t correct = 0;
  std::uint64_t undecided = 0;
  std::uint64_t tokens = 0;
  std::map<std::string, double> part_sums; ///< sum over samples, by reward part
  std::vector<answer_shown> first;         ///< of the first problems
};
struct evaluation_reply {
  payload<std::map<std::string, task_result>> by_task;
};

struct pull_work {};
/// The lease to keep from now on; an empty one: none.
struct keep_lease {
  lease_id lease;
  std::chrono::milliseconds renew_every{0};
};
struct renew_lease {};
struct decode_more {};
struct drain_request {};

struct load_stage_request {
  stage_index stage;
  std::string folder;          ///< checkpoint, below the run folder, or a model elsewhere; empty: a new model
  bool with_optimizer = false; ///< the folder is a checkpoint of this very stage
  policy_version version;      ///< what the folder holds
  std::uint32_t branch = 0;
  epoch learner; ///< under which it leases and commits from now on
};
struct load_stage_reply {
  policy_version version;
  std::uint64_t trained_again = 0; ///< recorded steps behind `folder`
};
/// Publishes weights that no stage trains, as version 0 of `stage`: what an evaluation or a collection samples with.
struct publish_request {
  stage_index stage;
  std::string folder; ///< as in load_stage_request
};
/// Keeps a published version, which must be the latest, for work that is pinned to it; or lets it go.
struct pin_request {
  stage_index stage;
  policy_version version;
  bool keep = true;
};
struct step_request {
  std::chrono::milliseconds patience{2000};
};
struct step_reply {
  bool stepped = false;
  std::string waiting_for; ///< when it did not
  policy_version version;
  std::string metrics; ///< the step's figures as a JSON object, as the step record has them
};
struct checkpoint_request {};
struct checkpoint_reply {
  payload<checkpoint_record> written;
};

/// From rank 0 of a learner to its other ranks: the stage that comes, in the epoch `what.learner`.
/// Lets go of the stage before, and gets the new one's data.
struct load_share_request {
  load_stage_request what;
};
/// All ranks at once: take this seat, load the weights.
struct join_ranks_request {
  gpu::seat where;
  epoch learner;
};
/// All ranks at once: the step that follows `version`. Each takes its share of the batch, which it reads for itself.
struct train_share_request {
  epoch learner;
  policy_version version;
  std::uint64_t data_cursor = 0; ///< sft: of the step's first example
  std::vector<group_id> groups;  ///< grpo: the batch, in its order
};
/// All ranks at once: what rank 0 needs for a checkpoint of `version`.
struct gather_share_request {
  epoch learner;
  policy_version version;
};

} // namespace troupe::actors

#define TROUPE_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::type)
TROUPE_LOCAL_MESSAGE(done_reply)
TROUPE_LOCAL_MESSAGE(begin_stage_request)
TROUPE_LOCAL_MESSAGE(issue_request)
TROUPE_LOCAL_MESSAGE(issue_reply)
TROUPE_LOCAL_MESSAGE(lease_prompts_request)
TROUPE_LOCAL_MESSAGE(lease_prompts_reply)
TROUPE_LOCAL_MESSAGE(submit_samples_request)
TROUPE_LOCAL_MESSAGE(write_reply)
TROUPE_LOCAL_MESSAGE(lease_generated_request)
TROUPE_LOCAL_MESSAGE(lease_generated_reply)
TROUPE_LOCAL_MESSAGE(submit_verdict_request)
TROUPE_LOCAL_MESSAGE(hand_back_request)
TROUPE_LOCAL_MESSAGE(renew_request)
TROUPE_LOCAL_MESSAGE(worker_lost_request)
TROUPE_LOCAL_MESSAGE(lease_batch_request)
TROUPE_LOCAL_MESSAGE(lease_batch_reply)
TROUPE_LOCAL_MESSAGE(commit_request)
TROUPE_LOCAL_MESSAGE(read_batch_request)
TROUPE_LOCAL_MESSAGE(read_history_request)
TROUPE_LOCAL_MESSAGE(read_history_reply)
TROUPE_LOCAL_MESSAGE(read_steps_request)
TROUPE_LOCAL_MESSAGE(read_steps_reply)
TROUPE_LOCAL_MESSAGE(read_dataset_request)
TROUPE_LOCAL_MESSAGE(read_dataset_reply)
TROUPE_LOCAL_MESSAGE(record_request)
TROUPE_LOCAL_MESSAGE(build_dataset_request)
TROUPE_LOCAL_MESSAGE(build_dataset_reply)
TROUPE_LOCAL_MESSAGE(write_again)
TROUPE_LOCAL_MESSAGE(progress_request)
TROUPE_LOCAL_MESSAGE(progress_reply)
TROUPE_LOCAL_MESSAGE(begin_epoch_request)
TROUPE_LOCAL_MESSAGE(begin_epoch_reply)
TROUPE_LOCAL_MESSAGE(summary_request)
TROUPE_LOCAL_MESSAGE(summary_reply)
TROUPE_LOCAL_MESSAGE(steer_request)
TROUPE_LOCAL_MESSAGE(steer_reply)
TROUPE_LOCAL_MESSAGE(evaluation_request)
TROUPE_LOCAL_MESSAGE(evaluation_reply)
TROUPE_LOCAL_MESSAGE(pull_work)
TROUPE_LOCAL_MESSAGE(keep_lease)
TROUPE_LOCAL_MESSAGE(renew_lease)
TROUPE_LOCAL_MESSAGE(decode_more)
TROUPE_LOCAL_MESSAGE(drain_request)
TROUPE_LOCAL_MESSAGE(load_stage_request)
TROUPE_LOCAL_MESSAGE(load_stage_reply)
TROUPE_LOCAL_MESSAGE(publish_request)
TROUPE_LOCAL_MESSAGE(pin_request)
TROUPE_LOCAL_MESSAGE(step_request)
TROUPE_LOCAL_MESSAGE(step_reply)
TROUPE_LOCAL_MESSAGE(checkpoint_request)
TROUPE_LOCAL_MESSAGE(checkpoint_reply)
TROUPE_LOCAL_MESSAGE(load_share_request)
TROUPE_LOCAL_MESSAGE(join_ranks_request)
TROUPE_LOCAL_MESSAGE(train_share_request)
TROUPE_LOCAL_MESSAGE(gather_share_request)
#undef TROUPE_LOCAL_MESSAGE
