// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_session.hpp"

#include "actors/controller.hpp"
#include "actors/generator.hpp"
#include "actors/learner_ranks.hpp"
#include "deploy/live/endpoint.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/error.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/wire/incarnation.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>

namespace troupe::program {

namespace {

std::atomic<bool> stop_wanted{false}; // the only thing a signal handler may touch

extern "C" void on_interrupt(int) {
  if (stop_wanted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL); // a third Ctrl-C ends the process at once
  }
}

/// The run's log, without the lines of what is made again. Throws error(invalid) where a data file has changed.
metrics::run_log open_log(const wanted_run& wanted, const config::recipe& recipe, store::journal& journal) {
  keep_data_files(journal, recipe);
  if (wanted.resume) {
    cut_metrics_back(wanted.folder, recipe, history_of(journal));
  }
  return metrics::run_log{wanted.folder};
}

struct cast {
  actors::buffer_actor buffer;
  actors::learner_actor learner;
  std::vector<actors::worker_actor> workers;
};

/// Everybody whom the recipe asks for. `log` outlives them.
cast spawn_cast(caf::actor_system& system, const actors::learner_parts& of_learner,
                const std::shared_ptr<actors::buffer_service>& service, metrics::run_log& log,
                const std::shared_ptr<actors::roll_call>& members) {
  const auto& recipe = *of_learner.recipe;
  const auto parts = std::make_shared<actors::learner_parts>(of_learner);
  const actors::failure_sink failed = [members](const std::string& who, const std::string& what) {
    members->fail(who, what);
  };
  cast who;
  who.buffer = system.spawn<caf::detached>(
      actors::buffer, service, actors::clock_source{actors::read_clocks},
      actors::space_watch{[&log](const auto& text) { log.event(text, true); }, [] { return stop_wanted.load(); }});
  parts->ranks = actors::spawn_learner_ranks(system, *parts, who.buffer);
  who.learner =
      system.spawn<caf::detached>(actors::learner, std::shared_ptr<const actors::learner_parts>{parts}, who.buffer);
  for (std::uint32_t i = 0; i < recipe.generators; ++i) {
    const actors::worker_name name{"generator-" + std::to_string(i), wire::new_incarnation()};
    who.workers.push_back(system.spawn<caf::detached>(
        actors::generator, name, who.buffer,
        std::make_shared<actors::sampling_station>(parts->backend, parts->board, parts->tokenizer, parts->meter,
                                                   recipe.generator_batch_size),
        recipe.generator_batch_size, failed, std::make_shared<actors::worker_status>()));
    members->watch(caf::actor_cast<caf::actor>(who.workers.back()), name, "generator");
  }
  for (std::uint32_t i = 0; i < recipe.verifiers; ++i) {
    const actors::worker_name name{"verifier-" + std::to_string(i), wire::new_incarnation()};
    who.workers.push_back(system.spawn<caf::detached>(actors::verifier, name, who.buffer, make_group_judge(recipe),
                                                      failed, std::make_shared<actors::worker_status>()));
    members->watch(caf::actor_cast<caf::actor>(who.workers.back()), name, "verifier");
  }
  return who;
}

/// Has everybody work while the stages are walked, and end afterwards. False when it was told to stop. Throws what
/// ended the walk, which the log has, too.
bool walk(caf::actor_system& system, cast who, actors::controller::parts with) {
  const auto before = std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  bool finished = false;
  std::exception_ptr problem;
  {
    auto& log = *with.log;
    with.buffer = who.buffer;
    with.learner = who.learner;
    actors::controller controller{system, std::move(with)};
    for (const auto& w : who.workers) {
      caf::anon_send(w, actors::pull_work{});
    }
    try {
      finished = controller.run();
    } catch (const std::exception& e) {
      log.event(std::string{"the run ends: "} + e.what());
      problem = std::current_exception();
    }
  }
  for (const auto& w : who.workers) {
    end_actors(w);
  }
  end_actors(who.learner, who.buffer);
  who = cast{};
  system.await_all_actors_done();
  std::signal(SIGINT, before);
  if (problem) {
    std::rethrow_exception(problem);
  }
  return finished;
}

} // namespace

int run_session(const wanted_run& wanted) {
  const auto recipe = recipe_of_run(wanted, run_verb::run);
  const auto sources = config::open_sources(recipe);
  config::check_prompts(recipe, sources);
  const auto backend = gpu::open_backend(backend_of(recipe));
  require_programs(recipe);
  const bool begun = claim_run_folder(wanted.folder, recipe, wanted.settings);
  auto parts = learner_parts_of(recipe, sources, backend, wanted.folder, {"learner-0", wire::new_incarnation()});
  parts.board = std::make_shared<actors::weights_board>();
  for (const auto& [name, source] : sources) {
    task::require_coverage(*parts.tokenizer, *source, name);
  }
  store::journal journal{wanted.folder + "/store", begun ? store::open_mode::existing : store::open_mode::create};
  auto log = open_log(wanted, recipe, journal);
  for (const auto& [name, source] : sources) {
    for (const auto& remark : source->remarks()) {
      log.event(remark, true);
    }
  }
  const live::endpoint endpoint{wanted.folder, journal}; // for troupectl --run
  if (!endpoint.problem().empty()) {
    log.event("troupectl --run cannot look into this run: " + endpoint.problem(), true);
  }
  const auto display = metrics::make_display();
  const auto members = std::make_shared<actors::roll_call>();
  quiet_system system;
  const auto service = std::make_shared<actors::buffer_service>(journal, recipe, sources, actors::read_clocks());
  const bool finished = walk(system, spawn_cast(system, parts, service, log, members),
                             {.recipe = &recipe,
                              .measure = [meter = parts.meter] { return meter->total(); },
                              .members = members,
                              .log = &log,
                              .display = display.get(),
                              .stop = &stop_wanted,
                              .run_folder = wanted.folder});
  const bool reported = write_report(wanted.folder, service->summary().counts, log, run_verb::run);
  display->say(finished
                   ? reported ? "finished: open " + wanted.folder + "/report.html" : "finished, without a report"
                   : "stopped after a committed step; go on with: " + resume_command(wanted.folder, run_verb::run));
  return !finished ? stopped_status : reported ? 0 : exit_status(errc::failed);
}

} // namespace troupe::program
