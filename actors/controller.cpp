// SPDX-License-Identifier: Apache-2.0
#include "actors/controller.hpp"

#include "actors/checkpoint.hpp"
#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "runtime/error.hpp"
#include "runtime/kill_point.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

namespace troupe::actors {

namespace {

bool evaluates_at(const config::stage_spec& spec, std::uint64_t step) {
  return spec.eval_steps != 0 && step > 0 && (step % spec.eval_steps == 0 || step == spec.max_steps);
}

/// Of one stage: the version that is evaluated, and the branch it is on, so that a version that was trained anew is
/// evaluated anew while an evaluation that was interrupted goes on.
std::uint32_t evaluation_number(policy_version version, const std::vector<checkpoint_record>& known) {
  constexpr std::uint32_t branches = 64;
  const std::uint32_t branch = known.empty() ? 0 : known.back().branch % branches;
  return static_cast<std::uint32_t>(version.value) * branches + branch;
}

} // namespace

controller::controller(caf::actor_system& system, parts with)
    : self_(system), parts_(std::move(with)), graph_(*parts_.recipe) {}

void controller::read_history() {
  const auto history = ask<read_history_reply>(parts_.buffer, deadline::buffer, read_history_request{});
  stages_ = *history.stages;
  for (std::uint32_t i = 0; i < graph_.size(); ++i) {
    checkpoints_[stage_index{i}];
  }
  for (const auto& c : *history.checkpoints) {
    checkpoints_[c.stage].push_back(c);
  }
}

void controller::check_failures() const {
  if (const auto failed = parts_.members->failure()) {
    throw error{errc::failed, *failed};
  }
  if (const auto lost = parts_.members->interruption()) {
    throw error{errc::unavailable, *lost};
  }
}

void controller::attend_members() {
  check_failures();
  for (const auto& gone : parts_.members->take_lost()) {
    if (!gone.said_so) {
      parts_.log->event(gone.who.name + " was lost (" + gone.reason + "); what it held goes to another", true);
    }
    ask<write_reply>(parts_.buffer, deadline::buffer, worker_lost_request{gone.who});
    if (gone.left == 0 && !parts_.members->they_return()) {
      throw error{errc::unavailable, gone.who.name + " was lost (" + gone.reason + ") and no other " + gone.role +
                                         " is left; go on with --resume"};
    }
  }
}

bool controller::run() {
  read_history();
  while (const auto index = graph_.next(stages_)) {
    run_stage(*index);
    if (stopping()) {
      return false;
    }
  }
  return true;
}

std::string controller::summary() {
  return ask<summary_reply>(parts_.buffer, deadline::buffer, summary_request{}).counts;
}

void controller::run_stage(stage_index index) {
  const auto& spec = parts_.recipe->stages.at(index.value);
  progress_ = {.stage = spec.name,
               .stage_number = index.value + 1,
               .stage_count = static_cast<std::uint32_t>(graph_.size()),
               .heldout = progress_.heldout};
  const auto known = std::find_if(stages_.begin(), stages_.end(), [&](const auto& s) { return s.stage == index; });
  stage_record record{.stage = index, .name = spec.name, .status = stage_status::running};
  if (known == stages_.end()) {
    record.start_checkpoint = starting_folder(index);
  } else {
    record = *known;
  }
  ask<write_reply>(parts_.buffer, deadline::buffer,
                   record_request{nullptr, {}, std::make_shared<stage_record>(record)});
  parts_.log->event("stage " + spec.name + (known == stages_.end() ? " starts" : " goes on"));
  config::trains(spec.type) ? train_stage(index, record) : pinned_stage(index, record);
}

std::string controller::starting_folder(stage_index index) const {
  const auto parent = graph_.parent(index);
  if (!parent) {
    return parts_.recipe->model.path.empty() ? "" : std::filesystem::absolute(parts_.recipe->model.path).string();
  }
  const auto chosen =
      config::choose_checkpoint(checkpoints_.at(*parent), parts_.recipe->stages.at(index.value).checkpoint);
  if (!chosen) {
    throw error{errc::corrupt, "stage " + parts_.recipe->stages.at(parent->value).name +
                                   " is finished but has no checkpoint; run troupectl doctor"};
  }
  return chosen->folder;
}

void controller::finish_stage(stage_record record, const std::string& note) {
  kill_point("before_stage_finished");
  record.status = stage_status::finished;
  record.note = note;
  ask<write_reply>(parts_.buffer, deadline::buffer,
                   record_request{nullptr, {}, std::make_shared<stage_record>(record)});
  std::erase_if(stages_, [&](const auto& s) { return s.stage == record.stage; });
  stages_.push_back(record);
  parts_.log->event("stage " + record.name + " is finished: " + note);
  parts_.display->say(record.name + ": " + note);
}

policy_version controller::load_for_training(stage_index index, stage_record& record) {
  auto& known = checkpoints_[index];
  while (!known.empty() && !is_whole(parts_.run_folder, known.back())) {
    parts_.log->event("checkpoint " + known.back().folder +
                          " is gone or does not match its recorded hash; using the one before",
                      true);
    ask<write_reply>(parts_.buffer, deadline::buffer, record_request{nullptr, {known.back()}, nullptr});
    known.pop_back();
  }
  discard_uncommitted(parts_.run_folder, record.name, known);
  load_stage_request r{.stage = index, .folder = record.start_checkpoint};
  r.learner = ask<begin_epoch_reply>(parts_.buffer, deadline::buffer, begin_epoch_request{}).learner;
  if (!known.empty()) {
    r.folder = known.back().folder;
    r.with_optimizer = true;
    r.version = known.back().version;
    r.branch = known.back().branch;
  }
  const auto loaded = ask<load_stage_reply>(parts_.learner, deadline::step_of(*parts_.recipe), std::move(r));
  if (loaded.trained_again > 0) {
    parts_.log->event("trained " + std::to_string(loaded.trained_again) + " recorded steps again", true);
  }
  ask<done_reply>(parts_.buffer, deadline::buffer, begin_stage_request{index, loaded.version});
  return loaded.version;
}

void controller::train_stage(stage_index index, stage_record record) {
  const auto& spec = parts_.recipe->stages.at(index.value);
  last_step_ = {.version = load_for_training(index, record)};
  progress_.max_steps = spec.max_steps;
  last_activity_ = parts_.measure();
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t first = last_step_.version.value;
  auto reached = attend_step(index, spec); // a run killed after its last step owes what follows it
  while (!reached && last_step_.version.value < spec.max_steps && !stopping()) {
    const auto before = std::chrono::steady_clock::now();
    if (!take_step(spec)) {
      break;
    }
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t step = last_step_.version.value;
    progress_.seconds_left = std::chrono::duration<double>(now - began).count() / static_cast<double>(step - first) *
                             static_cast<double>(spec.max_steps - step);
    after_step(spec, last_step_, std::chrono::duration<double>(now - before).count());
    reached = attend_step(index, spec);
  }
  if (reached) {
    finish_stage(record, *reached);
  } else if (stopping()) {
    save_checkpoint(index, spec); // the next run starts here
  } else {
    finish_stage(record, "all " + std::to_string(spec.max_steps) + " steps done");
  }
}

std::optional<std::string> controller::attend_step(stage_index index, const config::stage_spec& spec) {
  const std::uint64_t step = last_step_.version.value;
  if (evaluates_at(spec, step) || step == spec.max_steps || step % spec.save_steps == 0) {
    save_checkpoint(index, spec);
  }
  return validate_newest(index, spec);
}

std::optional<std::string> controller::validate_newest(stage_index index, const config::stage_spec& spec) {
  auto& known = checkpoints_[index];
  if (known.empty() || known.back().version != last_step_.version || !evaluates_at(spec, last_step_.version.value)) {
    return std::nullopt;
  }
  auto& newest = known.back();
  if (newest.validation < 0) {
    const auto done = evaluate(index, spec,
                               {.from = split::validation,
                                .problems = spec.eval_limit,
                                .pinned = newest.version,
                                .of_stage = spec.name,
                                .step = newest.version});
    if (!done.finished) {
      return std::nullopt;
    }
    kill_point("after_evaluation_before_record");
    newest.validation = done.accuracy.value_or(-1);
    ask<write_reply>(parts_.buffer, deadline::buffer,
                     record_request{std::make_shared<checkpoint_record>(newest), {}, nullptr});
    progress_.validation = done.accuracy;
  }
  if (!spec.stop_above || newest.validation < *spec.stop_above) {
    return std::nullopt;
  }
  char text[80];
  std::snprintf(text, sizeof text, "validation %.3f >= %.3f after %llu steps", newest.validation, *spec.stop_above,
                static_cast<unsigned long long>(newest.version.value));
  return text;
}

bool controller::wait_while_paused() {
  const auto paused = [this] { return parts_.paused != nullptr && parts_.paused->load(); };
  if (!paused()) {
    return false;
  }
  while (paused() && !stopping()) {
    attend_members();
    std::this_thread::sleep_for(deadline::progress_poll); // on its own thread; an operator takes seconds
  }
  return true;
}

bool controller::take_step(const config::stage_spec& spec) {
  auto began = std::chrono::steady_clock::now();
  auto noted = began;
  while (!stopping()) {
    attend_members();
    if (wait_while_paused()) {
      began = noted = std::chrono::steady_clock::now();
      continue;
    }
    auto reply = ask<step_reply>(parts_.learner, deadline::step_of(*parts_.recipe), step_request{});
    if (reply.stepped) {
      last_step_ = std::move(reply);
      return true;
    }
    const auto now = std::chrono::steady_clock::now();
    const std::string waits = "no step for " +
                              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - began).count()) +
                              " s; the learner waits: " + reply.waiting_for;
    if (now - began > deadline::stall_of(*parts_.recipe, spec)) {
      throw error{errc::unavailable, "stage " + spec.name + ": " + waits + "; a longer stall_s waits longer"};
    }
    if (now - noted > deadline::wait_note) {
      noted = now;
      parts_.log->event(waits, true);
    }
  }
  return false;
}

void controller::after_step(const config::stage_spec& spec, const step_reply& reply, double seconds) {
  const auto now = parts_.measure();
  nlohmann::json line{{"kind", "step"},
                      {"stage", spec.name},
                      {"step", reply.version.value},
                      {"policy_version", reply.version.value},
                      {"seconds", seconds}};
  const auto figures = nlohmann::json::parse(reply.metrics);
  line.update(figures);
  line["timing_s/step"] = seconds;
  line["timing_s/gen"] = now.generating - last_activity_.generating;
  line["overlap_ratio"] = seconds > 0 ? (now.both - last_activity_.both) / seconds : 0.0;
  const double sampled = static_cast<double>(now.tokens - last_activity_.tokens);
  line["perf/tokens_per_second"] = seconds > 0 ? sampled / seconds : 0.0;
  last_activity_ = now;
  parts_.log->record(line);
  const auto value = [&](const char* name) -> std::optional<double> {
    const auto it = figures.find(name);
    return it == figures.end() ? std::nullopt : std::optional<double>{it->get<double>()};
  };
  progress_.step = reply.version.value;
  progress_.loss = value("loss");
  progress_.reward = value("reward");
  progress_.staleness = value("staleness/mean");
  progress_.tokens_per_second = line["perf/tokens_per_second"].get<double>();
  parts_.display->update(progress_);
}

void controller::save_checkpoint(stage_index index, const config::stage_spec& spec) {
  auto& known = checkpoints_[index];
  const bool nothing_new = last_step_.version == policy_version{}; // version 0 is what the stage started from
  if (nothing_new || (!known.empty() && known.back().version == last_step_.version)) {
    return;
  }
  known.push_back(written_checkpoint());
  kill_point("after_checkpoint_record");
  const auto gone = config::expendable(known, spec.save_total_limit);
  if (gone.empty()) {
    return;
  }
  ask<write_reply>(parts_.buffer, deadline::buffer, record_request{nullptr, gone, nullptr});
  kill_point("before_checkpoint_removal");
  for (const auto& r : gone) {
    std::erase_if(known, [&](const auto& k) { return k.folder == r.folder; });
    std::filesystem::remove_all(parts_.run_folder + "/" + r.folder);
  }
}

checkpoint_record controller::written_checkpoint() {
  const auto began = std::chrono::steady_clock::now();
  for (bool said = false;; said = true) {
    try {
      return *ask<checkpoint_reply>(parts_.learner, deadline::step_of(*parts_.recipe), checkpoint_request{}).written;
    } catch (const error& e) {
      if (e.code() != errc::resource_exhausted || stopping() ||
          std::chrono::steady_clock::now() - began > deadline::space) {
        throw;
      }
      if (!said) {
        parts_.log->event(std::string{e.what()} + "; the run waits for space", true);
      }
      std::this_thread::sleep_for(deadline::space_poll); // on its own thread; nobody tells when a disk has room again
    }
  }
}

bool controller::wait_for_pinned(const config::stage_spec& spec) {
  auto last = std::chrono::steady_clock::now();
  std::uint64_t before = ~0ULL;
  for (;;) {
    attend_members();
    const auto p = ask<progress_reply>(parts_.buffer, deadline::buffer, progress_request{});
    if (p.unfinished_pinned == 0) {
      return true;
    }
    if (stopping()) {
      return false; // what is unfinished starts over on resume
    }
    if (wait_while_paused()) {
      last = std::chrono::steady_clock::now();
    }
    const auto now = std::chrono::steady_clock::now();
    if (p.unfinished_pinned != before) {
      before = p.unfinished_pinned;
      last = now;
    } else if (now - last > deadline::stall_of(*parts_.recipe, spec)) {
      const auto why = ask<progress_reply>(parts_.buffer, deadline::buffer, progress_request{.explain = true});
      throw error{errc::unavailable, "stage " + spec.name +
                                         ": the groups of its evaluation or collection do not move: " +
                                         why.waiting_for + "; a longer stall_s waits longer"};
    }
    std::this_thread::sleep_for(deadline::progress_poll); // a blocking actor on its own thread, between two questions
  }
}

void controller::pin(stage_index stage, policy_version version, bool keep) {
  ask<done_reply>(parts_.learner, deadline::step_of(*parts_.recipe), pin_request{stage, version, keep});
}

controller::evaluated controller::evaluate(stage_index index, const config::stage_spec& spec, const evaluation& what) {
  pin(index, what.pinned, true);
  const std::uint32_t number = evaluation_number(what.pinned, checkpoints_[index]);
  ask<issue_reply>(parts_.buffer, deadline::buffer,
                   issue_request{.why = purpose::eval,
                                 .from = what.from,
                                 .count = what.problems,
                                 .num_samples = what.samples,
                                 .pinned = what.pinned,
                                 .evaluation = number,
                                 .sampling = plan_of(spec)});
  const bool finished = wait_for_pinned(spec);
  pin(index, what.pinned, false);
  if (!finished) {
    return {};
  }
  const auto results =
      ask<evaluation_reply>(parts_.buffer, deadline::buffer, evaluation_request{index, number}).by_task;
  report_evaluation(spec, what, *results);
  double sum = 0;
  for (const auto& [name, r] : *results) {
    sum += r.samples == 0 ? 0 : static_cast<double>(r.correct) / static_cast<double>(r.samples);
  }
  return {true, results->empty() ? std::nullopt : std::optional<double>{sum / static_cast<double>(results->size())}};
}

} // namespace troupe::actors
