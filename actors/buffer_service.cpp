// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_service.hpp"

#include "actors/deadlines.hpp"
#include "actors/sampling_seed.hpp"
#include "actors/stage_mixture.hpp"
#include "runtime/check.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/error.hpp"
#include "runtime/kill_point.hpp"
#include "runtime/metrics/readings.hpp"
#include "runtime/rollout/payload_bytes.hpp"
#include "runtime/store/sample_checksum.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::actors {

namespace {

constexpr std::uint64_t lease_block = 1000; // lease ids are reserved in the journal in blocks

std::optional<std::uint64_t> number_setting(const store::journal& journal, const char* name) {
  const auto text = journal.setting(name);
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
    return std::nullopt;
  }
  return value;
}

lease_id first_lease(const store::journal& journal) {
  return lease_id{number_setting(journal, "next_lease").value_or(1)};
}

member describe(const sample& s) {
  member m{.submitted = true, .num_tokens = static_cast<std::uint32_t>(s.tokens.size()), .finish = s.finish};
  bool first = true;
  for (const auto& part : s.segments) {
    if (part.source == segment_source::policy) {
      m.oldest = first ? part.version : std::min(m.oldest, part.version);
      m.newest = first ? part.version : std::max(m.newest, part.version);
      first = false;
    }
  }
  m.checksum = store::sample_checksum(s);
  return m;
}

} // namespace

buffer_service::buffer_service(store::journal& journal, const config::recipe& what, source_map sources,
                               clock_reading at)
    : journal_(journal), recipe_(what), sources_(std::move(sources)), ledger_(first_lease(journal)) {
  start_retention();
  rollout::ledger::changes voided;
  journal_.for_each_group([&](const group& g) {
    if (retention_) {
      retention_->note(g);
    }
    for (auto& changed : ledger_.restore(g, at.wall_ms)) {
      voided.push_back(std::move(changed));
    }
    return true;
  });
  store::write rest;
  reserve_leases(rest, first_lease(journal));
  save(std::move(voided), std::move(rest), store::durability::disk);
  begin_epoch(at);
  take_up_steering();
}

begin_epoch_reply buffer_service::begin_epoch(clock_reading at) {
  const epoch present{number_setting(journal_, "learner_epoch").value_or(0) + 1};
  store::write rest;
  rest.settings.emplace_back("learner_epoch", std::to_string(present.value));
  save(ledger_.begin_epoch(present, at.wall_ms), std::move(rest), store::durability::disk);
  return {present};
}

rollout::caller buffer_service::caller(const worker_name& who, clock_reading at) const {
  return {.worker = who.name, .holder = who.life, .now = at.now, .wall_ms = at.wall_ms};
}

const config::stage_spec& buffer_service::spec() const {
  return recipe_.stages.at(stage_.value);
}

void buffer_service::save(rollout::ledger::changes groups, store::write rest, store::durability how) {
  // Two rules may have touched a group within one call: the later record is the one to keep.
  std::map<group_id, group> last;
  for (auto& g : groups) {
    last.insert_or_assign(g.id, std::move(g));
  }
  for (auto& [id, g] : last) {
    rest.groups.push_back(std::move(g));
  }
  if (!rest.empty()) {
    unsaved_ = unsaved{std::move(rest), how};
    settle();
  }
}

void buffer_service::settle() {
  if (!unsaved_) {
    return;
  }
  kill_point("before_write");
  const auto began = std::chrono::steady_clock::now();
  journal_.commit(unsaved_->what, unsaved_->how);
  if (figures_ != nullptr) {
    figures_->observe("troupe_buffer_write_duration_seconds",
                      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    metrics::show(*figures_, ledger_.counts());
  }
  const store::write saved = std::move(unsaved_->what);
  unsaved_.reset();
  if (retention_) {
    for (const auto& [name, r] : saved.records) {
      retention_->refer(r.source.value().group);
    }
    for (const auto& g : saved.groups) {
      retention_->note(g);
    }
  }
  kill_point("after_wal_before_ack");
}

void buffer_service::reserve_leases(store::write& with, lease_id given) {
  if (given.value + lease_block / 2 < reserved_.value) {
    return;
  }
  reserved_ = lease_id{given.value + lease_block};
  with.settings.emplace_back("next_lease", std::to_string(reserved_.value));
}

void buffer_service::save_leased(rollout::ledger::changes groups, lease_id given) {
  store::write rest;
  reserve_leases(rest, given);
  save(std::move(groups), std::move(rest), store::durability::wal);
}

void buffer_service::save_leased(const rollout::ledger::lease_result& leased, const rollout::caller& to) {
  try {
    save_leased(leased.groups, leased.lease);
  } catch (const error&) {
    auto back = ledger_.hand_back(to, leased.lease, "the store could not write the lease");
    std::move(back.begin(), back.end(), std::back_inserter(unsaved_->what.groups)); // the later record of a group stays
    throw;
  }
}

void buffer_service::expire(clock_reading at) {
  save(ledger_.expire(at.now, at.wall_ms), {}, store::durability::wal);
}

done_reply buffer_service::begin_stage(const begin_stage_request& r) {
  if (r.stage.value >= recipe_.stages.size()) {
    throw error{errc::invalid, "the recipe has no stage " + std::to_string(r.stage.value)};
  }
  const auto& s = recipe_.stages[r.stage.value];
  ledger_.begin_stage(
      {.stage = r.stage,
       .gate = {.max_staleness = s.max_staleness, .groups_per_batch = s.groups_per_batch},
       .drop_stale = s.stale == config::stale_policy::drop,
       .max_reuse = s.max_reuse,
       .max_size = s.max_size,
       .evict = s.remover,
       .limit = {.samples_per_insert = s.samples_per_insert, .min_size_to_sample = s.min_size_to_sample},
       .select = {.how = s.sampler, .seed = recipe_.seed, .exponent = s.priority_exponent},
       .filter_zero_variance = s.filter_groups,
       .mask_truncated = s.mask_truncated_completions,
       .num_generations = s.num_generations,
       .verdict_parts = 1,
       .lease_time = rollout::monotonic_ms{static_cast<std::int64_t>(recipe_.lease_s * 1000)}},
      r.version);
  mixture_.reset();
  if (!s.data.empty()) {
    mixture_ = mixture_of(s);
  }
  stage_ = r.stage;
  open_ = true;
  take_up_steering();
  return {};
}

issue_reply buffer_service::issue(const issue_request& r, clock_reading at) {
  if (r.why == purpose::train || r.num_samples == 0 || r.num_samples > config::samples_max || !r.sampling || !open_ ||
      (r.why == purpose::collect && !mixture_)) {
    throw error{errc::invalid,
                "an evaluation or a collection of " + std::to_string(r.num_samples) +
                    " samples a prompt cannot be issued here: it needs a stage with data that has begun, "
                    "1 to " +
                    std::to_string(config::samples_max) + " samples, and how to sample them"};
  }
  pinned_plan_ = *r.sampling;
  const auto& s = spec();
  auto issued = ledger_.open_pinned(r.why, r.evaluation, at.wall_ms); // drops what another evaluation left unfinished
  const std::size_t dropped = issued.size();
  store::write rest;
  const auto add = [&](const std::string& name, std::uint64_t index) {
    auto example = sources_.at(name)->at(r.from, index);
    const std::uint64_t seed = r.why == purpose::eval ? problem_seed(recipe_.seed, example.question)
                                                      : cursor_seed(recipe_.seed, stage_, ledger_.next_cursor(r.why));
    auto g = ledger_.issue({.why = r.why,
                            .task = name,
                            .prompt_index = index,
                            .sampling_seed = seed,
                            .num_generations = r.num_samples,
                            .pinned = r.pinned,
                            .evaluation = r.evaluation,
                            .payload_bytes = rollout::payload_bytes(example.question)},
                           at.wall_ms);
    TROUPE_CHECK(g.has_value());
    rest.prompts.emplace_back(g->id, std::move(example.question));
    issued.push_back(std::move(*g));
  };
  if (r.why == purpose::eval && ledger_.evaluation(r.evaluation).empty()) { // else it was issued before a restart
    for (const auto& part : s.data) {
      const auto size = part.task.empty() ? std::optional<std::uint64_t>{0} : sources_.at(part.task)->size(r.from);
      for (std::uint64_t i = 0; i < std::min(r.count, size.value_or(r.count)); ++i) {
        add(part.task, i);
      }
    }
  } else if (r.why == purpose::collect) {
    for (std::uint64_t i = ledger_.next_cursor(r.why); i < r.count; ++i) {
      const auto pick = mixture_->at(i);
      add(s.data[pick.part].task, pick.index);
    }
  }
  const std::uint64_t n = issued.size() - dropped;
  save(std::move(issued), std::move(rest), store::durability::wal);
  return {.issued = n};
}

void buffer_service::issue_train(std::uint32_t wanted, clock_reading at) {
  if (spec().type != config::stage_type::grpo) {
    return;
  }
  rollout::ledger::changes issued;
  store::write rest;
  for (std::uint32_t i = 0; i < wanted && ledger_.train_capacity() > 0; ++i) {
    const std::uint64_t cursor = ledger_.next_cursor(purpose::train);
    const auto pick = mixture_->at(cursor);
    const auto& part = spec().data[pick.part];
    auto example = sources_.at(part.task)->at(split::train, pick.index);
    auto g = ledger_.issue({.why = purpose::train,
                            .task = part.task,
                            .prompt_index = pick.index,
                            .sampling_seed = cursor_seed(recipe_.seed, stage_, cursor),
                            .num_generations = spec().num_generations,
                            .payload_bytes = rollout::payload_bytes(example.question)},
                           at.wall_ms);
    if (!g) {
      break;
    }
    rest.prompts.emplace_back(g->id, std::move(example.question));
    issued.push_back(std::move(*g));
  }
  save(std::move(issued), std::move(rest), store::durability::wal);
}

lease_prompts_reply buffer_service::lease_prompts(const lease_prompts_request& r, clock_reading at) {
  if (!open_ || paused_) {
    return {.lease = {}, .work = std::make_shared<std::vector<prompt_work>>()};
  }
  expire(at);
  issue_train(r.max_groups, at);
  const auto leased = ledger_.lease_prompts(caller(r.who, at), r.max_groups);
  auto work = std::make_shared<std::vector<prompt_work>>();
  for (const auto& g : leased.groups) {
    const auto& s = spec();
    const sampling_plan plan = g.id.why == purpose::train ? sampling_plan{.temperature = s.temperature,
                                                                          .max_new_tokens = s.max_completion_length}
                                                          : pinned_plan_;
    work->push_back({.what = g, .asked = read_prompt(g.id), .sampling = plan, .not_before = ledger_.oldest_usable()});
    for (std::uint32_t i = 0; i < g.members.size(); ++i) {
      if (ledger_.goes_on(g, g.members[i])) {
        work->back().partials.push_back(read_sample(g, i));
      }
    }
  }
  save_leased(leased, caller(r.who, at));
  return {.lease = leased.lease, .work = std::move(work), .renew_every = deadline::renewal_of(recipe_)};
}

write_reply buffer_service::submit_samples(const submit_samples_request& r, clock_reading at) {
  rollout::ledger::changes changed;
  store::write rest;
  write_reply reply;
  for (const auto& one : *r.samples) {
    auto outcome = ledger_.submit_sample(caller(r.who, at), one.lease, one.of, one.what.index, describe(one.what),
                                         rollout::payload_bytes(one.what));
    if (figures_ != nullptr) {
      figures_->add("troupe_buffer_submitted_samples_total", 1, rollout::to_string(outcome.result));
    }
    if (outcome.result == rollout::submit_result::created) {
      rest.samples.emplace_back(sample_id{one.of, one.what.index}, one.what);
      std::move(outcome.groups.begin(), outcome.groups.end(), std::back_inserter(changed));
    } else {
      reply.result = outcome.result;
    }
  }
  save(std::move(changed), std::move(rest), spec().acknowledge);
  return reply;
}

lease_generated_reply buffer_service::lease_generated(const lease_generated_request& r, clock_reading at) {
  if (!open_ || paused_) {
    return {.lease = {}, .groups = std::make_shared<std::vector<generated_group>>()};
  }
  expire(at);
  const auto leased = ledger_.lease_generated(caller(r.who, at), r.max_groups);
  auto groups = std::make_shared<std::vector<generated_group>>();
  for (const auto& g : leased.groups) {
    groups->push_back({.what = g, .asked = read_prompt(g.id), .samples = read_samples(g)});
  }
  save_leased(leased, caller(r.who, at));
  return {.lease = leased.lease, .groups = std::move(groups), .renew_every = deadline::renewal_of(recipe_)};
}

write_reply buffer_service::submit_verdict(const submit_verdict_request& r, clock_reading at) {
  rollout::ledger::changes changed;
  store::write rest;
  write_reply reply;
  for (const auto& one : *r.groups) {
    auto outcome = ledger_.submit_verdict(caller(r.who, at), one.lease, one.of, one.judgements);
    if (outcome.result == rollout::submit_result::created) {
      for (std::uint32_t i = 0; i < one.judgements.size(); ++i) {
        rest.judgements.emplace_back(sample_id{one.of, i}, one.judgements[i]);
        for (const auto& part : one.judgements[i].parts) {
          if (part.verdict == verdict_kind::undecided && one.of.why == purpose::train) {
            last_undecided_ = r.who.name + ", part " + part.name + ": " + part.reason;
          }
        }
      }
      std::move(outcome.groups.begin(), outcome.groups.end(), std::back_inserter(changed));
    } else {
      reply.result = outcome.result;
    }
  }
  save(std::move(changed), std::move(rest), spec().acknowledge);
  return reply;
}

write_reply buffer_service::hand_back(const hand_back_request& r, clock_reading at) {
  store::write rest;
  if (r.partials) {
    for (const auto& one : *r.partials) {
      if (ledger_.keep_partial(caller(r.who, at), r.lease, one.of, one.what.index, describe(one.what))) {
        rest.samples.emplace_back(sample_id{one.of, one.what.index}, one.what);
      }
    }
  }
  save(ledger_.hand_back(caller(r.who, at), r.lease, r.why), std::move(rest), store::durability::wal);
  return {};
}

write_reply buffer_service::renew(const renew_request& r, clock_reading at) {
  return {.result = ledger_.renew(caller(r.who, at), r.lease) ? rollout::submit_result::created
                                                              : rollout::submit_result::fenced};
}

write_reply buffer_service::worker_lost(const worker_lost_request& r, clock_reading at) {
  save(ledger_.worker_lost(r.who.life, at.wall_ms), {}, store::durability::wal);
  return {};
}

} // namespace troupe::actors
