// SPDX-License-Identifier: Apache-2.0
// The learner's and the controller's half of buffer_service: batches, steps, checkpoints, stages, and how far they are.
#include "actors/buffer_service.hpp"
#include "runtime/error.hpp"

#include <algorithm>

namespace troupe::actors {

lease_batch_reply buffer_service::lease_batch(const lease_batch_request& r, clock_reading at) {
  if (paused_) {
    return {.waiting_for = "an operator to resume the run"};
  }
  expire(at);
  auto leased = ledger_.lease_batch(caller(r.who, at), r.learner);
  rollout::ledger::changes changed = leased.groups;
  std::move(leased.dropped.begin(), leased.dropped.end(), std::back_inserter(changed));
  save_leased(std::move(changed), leased.lease.value_or(lease_id{}));
  if (!leased.lease) {
    batch_asked_ = batch_asked_.value_or(at.now);
    return {.waiting_for = waiting_for(at)};
  }
  if (figures_ != nullptr) {
    const auto waited = at.now - batch_asked_.value_or(at.now);
    figures_->observe("troupe_buffer_batch_wait_duration_seconds", std::chrono::duration<double>(waited).count());
    for (const auto& g : leased.groups) {
      for (const auto& m : g.members) {
        figures_->observe("troupe_buffer_sample_staleness_versions",
                          static_cast<double>(ledger_.version().value) - static_cast<double>(m.oldest.value));
      }
    }
  }
  batch_asked_.reset();
  return {.lease = *leased.lease, .what = read_groups(leased.groups)};
}

std::string buffer_service::waiting_for(clock_reading at) const {
  const auto undecided = ledger_.train_counts().dropped.at(static_cast<std::size_t>(drop_reason::undecided));
  return ledger_.waiting_for(at.now) +
         (undecided == 0
              ? ""
              : "; " + std::to_string(undecided) + " groups dropped as undecided, the last by " + last_undecided_);
}

write_reply buffer_service::commit(const commit_request& r, clock_reading at) {
  const auto known = journal_.find_step(r.step->stage, r.step->version);
  if (known && *known == *r.step) {
    return {.result = rollout::submit_result::exists}; // even of a learner that was restarted since: it is its own step
  }
  if (r.learner != ledger_.learner()) {
    return {.result = rollout::submit_result::fenced};
  }
  const bool of_groups = spec().type == config::stage_type::grpo;
  const auto* leased = ledger_.leased_batch(r.lease);
  if (known || r.step->stage != stage_ || r.step->groups.empty() == of_groups ||
      (leased != nullptr && *leased != r.step->groups)) {
    return {.result = rollout::submit_result::conflict};
  }
  store::write rest;
  rest.step = *r.step;
  auto outcome = r.step->groups.empty()
                     ? rollout::ledger::submit_outcome{.result = ledger_.commit_empty(r.step->version)}
                     : ledger_.commit_batch(caller(r.who, at), r.learner, r.lease, r.step->version);
  if (outcome.result == rollout::submit_result::created) {
    save(std::move(outcome.groups), std::move(rest), store::durability::disk);
    if (figures_ != nullptr) {
      figures_->add("troupe_buffer_commits_total");
    }
    forget_due(at);
  }
  return {.result = outcome.result};
}

write_reply buffer_service::record(const record_request& r, clock_reading at) {
  if (r.learner && *r.learner != ledger_.learner()) {
    throw error{errc::fenced, "the learner's epoch " + std::to_string(r.learner->value) +
                                  " is over; the present one is " + std::to_string(ledger_.learner().value)};
  }
  store::write w;
  rollout::ledger::changes left_over;
  if (r.checkpoint) {
    w.checkpoint = *r.checkpoint;
  }
  w.forgotten_checkpoints = r.forgotten;
  if (r.stage) {
    if (r.stage->stage.value >= recipe_.stages.size()) {
      throw error{errc::invalid, "the recipe has no stage " + std::to_string(r.stage->stage.value)};
    }
    w.stage = *r.stage;
    if (r.stage->status == stage_status::finished) {
      left_over = ledger_.end_stage(r.stage->stage, at.wall_ms);
      open_ = open_ && r.stage->stage != stage_;
    }
  }
  save(std::move(left_over), std::move(w), store::durability::disk);
  for (const auto& c : r.forgotten) {
    update_needs(c.stage);
  }
  if (r.checkpoint) {
    update_needs(r.checkpoint->stage);
  }
  if (r.stage) {
    update_needs(r.stage->stage);
  }
  forget_due(at);
  return {};
}

void buffer_service::require_stage() const {
  if (!open_) {
    throw error{errc::unavailable, "no stage has begun since the buffer was started"};
  }
}

std::string buffer_service::explain(clock_reading at) const {
  if (ledger_.unfinished_pinned() > 0) {
    return ledger_.waiting_for_pinned(at.now);
  }
  return spec().type == config::stage_type::grpo ? waiting_for(at) : "";
}

progress_reply buffer_service::progress(const progress_request& r, clock_reading at) const {
  if (r.explain && !open_) {
    return {}; // nobody waits for the buffer before the learner has the stage's weights
  }
  require_stage();
  return {.unfinished_pinned = ledger_.unfinished_pinned() + (unsaved_ ? 1 : 0), // what is not stored is not done
          .version = ledger_.version(),
          .waiting_for = r.explain ? explain(at) : ""};
}

} // namespace troupe::actors
