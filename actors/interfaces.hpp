// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// Every actor of the system, one line a handler. Each is asked by request with a deadline, and answers with its reply
/// or with a `caf::error` that carries a `troupe::errc` and its message. A handler keeps no rule of its own; the file
/// behind the arrow does.
///
/// Who asks: generators and verifiers pull their work from the buffer, and nobody calls them but to drain. The learner
/// fetches its batches there. The controller (controller.hpp), a thread and no actor, walks the recipe's stages: it
/// begins them at the buffer, loads, steps and checkpoints the learner. In a run of many processes `remote_buffer`,
/// `remote_learner` and `remote_rank` are actors with the interfaces below, and a door in the other process
/// (`buffer_door`, `learner_door`, `rank_door`) asks the real one.
namespace troupe::actors {

/// Owns the journal and the ledger: the hub, and the only writer to the store while a run goes on. ->
/// buffer_service.hpp does what is asked: the ledger's rule, one write, the answer. While the journal's disk is full,
/// requests that write wait, up to `deadline::space`; then they answer `resource_exhausted`.
using buffer_actor = caf::typed_actor<
    // Starts issuing for a stage.
    caf::replies_to<begin_stage_request>::with<done_reply>,
    // Issues the fixed prompts of an evaluation or a collection, or goes on with those of one that was interrupted.
    caf::replies_to<issue_request>::with<issue_reply>,
    // Hands out up to `max_groups` prompts to sample, under one lease. How many may be under way:
    // -> runtime/rollout/staleness_gate.hpp
    caf::replies_to<lease_prompts_request>::with<lease_prompts_reply>,
    // Stores finished samples.
    caf::replies_to<submit_samples_request>::with<write_reply>,
    // Hands out sampled groups to judge.
    caf::replies_to<lease_generated_request>::with<lease_generated_reply>,
    // Stores verdicts: each sample's judgement and each group's record (schema/rollout.hpp), in one write.
    // -> buffer_service.cpp, `submit_verdict`; what becomes of the group: runtime/rollout/ledger.hpp
    caf::replies_to<submit_verdict_request>::with<write_reply>,
    // Gives a worker's unfinished groups back to the queue.
    caf::replies_to<hand_back_request>::with<write_reply>,
    // Extends a lease. One that is not extended ends by time. -> runtime/rollout/lease_table.hpp
    caf::replies_to<renew_request>::with<write_reply>,
    // Ends the leases of a worker that is gone; its groups go back, to be sampled or judged again.
    // -> runtime/rollout/ledger.hpp
    caf::replies_to<worker_lost_request>::with<write_reply>,
    // The learner's next batch, or why there is none yet. Which samples are too old for it:
    // -> runtime/rollout/staleness_gate.hpp
    caf::replies_to<lease_batch_request>::with<lease_batch_reply>,
    // One step: record and groups in one write.
    caf::replies_to<commit_request>::with<write_reply>,
    // Stages, checkpoints, steps, batches and dataset records that are stored already.
    caf::replies_to<read_history_request>::with<read_history_reply>,
    caf::replies_to<read_steps_request>::with<read_steps_reply>,
    caf::replies_to<read_batch_request>::with<lease_batch_reply>,
    caf::replies_to<read_dataset_request>::with<read_dataset_reply>,
    // A checkpoint, a stage's status, a dataset made from a stage's collected groups.
    caf::replies_to<record_request>::with<write_reply>,
    caf::replies_to<build_dataset_request>::with<build_dataset_reply>,
    // From the buffer to itself: the disk may have space again.
    caf::reacts_to<write_again>,
    // A learner takes over: whatever one before it still says is refused.
    caf::replies_to<begin_epoch_request>::with<begin_epoch_reply>,
    // How far evaluations and collections are, what came of one, and how all groups stand.
    caf::replies_to<summary_request>::with<summary_reply>, caf::replies_to<progress_request>::with<progress_reply>,
    caf::replies_to<evaluation_request>::with<evaluation_reply>,
    // Pauses, resumes, changes a live setting; says how they are.
    caf::replies_to<steer_request>::with<steer_reply>>;

/// Pulls its work from the buffer, as long as there is some. Spawn it detached: it works in its handlers.
using worker_actor = caf::typed_actor<
    // Leases what there is room for, and goes on working.
    caf::reacts_to<pull_work>,
    // Hands back what it holds and stops pulling.
    caf::replies_to<drain_request>::with<done_reply>>;

/// Samples completions. No message brings new weights: between two decode steps it looks at the weights_board
/// -> sampling_station.hpp, `swap_weights`; in a process of its own a weights_follower fills that board from the
/// learner's.
using generator_actor = worker_actor::extend<
    // From the generator to itself: a run of decode steps; what finished goes to the buffer.
    caf::reacts_to<decode_more>>;

/// Judges completions: runtime/verify/rewards.hpp, without the actor.
using verifier_actor = worker_actor;

/// Renews the lease of a worker that is busy in a handler of its own for longer than a lease lasts. Ends with the
/// worker.
using lease_keeper_actor = caf::typed_actor<
    // Renew this lease from now on, or none.
    caf::reacts_to<keep_lease>,
    // From the keeper to itself: it is time.
    caf::reacts_to<renew_lease>>;

/// One rank of a learner beside rank 0, from which all its requests come. Spawn it detached: it trains in its handlers,
/// and waits there for the other ranks. Where one of them fails all lose their model, until the stage is loaded anew.
using learner_rank_actor = caf::typed_actor<
    // Lets go of what it has, and fetches the data of a stage.
    caf::replies_to<load_share_request>::with<done_reply>,
    // Joins the other ranks with the weights of that stage.
    caf::replies_to<join_ranks_request>::with<done_reply>,
    // Its share of one step.
    caf::replies_to<train_share_request>::with<done_reply>,
    // Its share of the optimizer's state, for rank 0 to save.
    caf::replies_to<gather_share_request>::with<done_reply>>;

/// Owns the model and its optimizer. Spawn it detached: it trains in its handlers. Advantages of a group:
/// -> runtime/rollout/advantages.hpp; loss and optimizer: gpu/training/.
using learner_actor = caf::typed_actor<
    // Loads weights, trains the steps recorded behind them again, and publishes the version reached.
    caf::replies_to<load_stage_request>::with<load_stage_reply>,
    // Publishes weights that are only sampled with; keeps a version for pinned work.
    caf::replies_to<publish_request>::with<done_reply>, caf::replies_to<pin_request>::with<done_reply>,
    // One step: batch, update, commit, publication; or why there was no batch within the time allowed.
    caf::replies_to<step_request>::with<step_reply>,
    // Writes a checkpoint of the present version and records it. How a half-written one is known: -> checkpoint.hpp
    caf::replies_to<checkpoint_request>::with<checkpoint_reply>>;

} // namespace troupe::actors
