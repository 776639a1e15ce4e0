// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_session.hpp"

#include "actors/controller.hpp"
#include "actors/generator.hpp"
#include "actors/learner_ranks.hpp"
#include "deploy/live/endpoint.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/error.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/text/tokenizer.hpp"
#include "runtime/wire/incarnation.hpp"

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
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

struct cast {
  actors::buffer_actor buffer;
  actors::learner_actor learner;
  std::vector<actors::worker_actor> workers;
};

} // namespace

int run_session(const wanted_run& wanted) {
  const auto recipe = recipe_of_run(wanted, run_verb::run);
  const auto sources = config::open_sources(recipe);
  config::check_prompts(recipe, sources);
  const auto backend = gpu::open_backend(backend_of(recipe));
  require_programs(recipe);
  const bool begun = claim_run_folder(wanted.folder, recipe, wanted.settings);
  const std::string tokenizer_folder = prepare_tokenizer(recipe, sources, wanted.folder);
  const auto tokenizer = text::load_tokenizer(tokenizer_folder);
  for (const auto& [name, source] : sources) {
    task::require_coverage(*tokenizer, *source, name);
  }
  store::journal journal{wanted.folder + "/store", begun ? store::open_mode::existing : store::open_mode::create};
  keep_data_files(journal, recipe);
  if (wanted.resume) {
    cut_metrics_back(wanted.folder, recipe, history_of(journal));
  }
  metrics::run_log log{wanted.folder};
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
  const auto board = std::make_shared<actors::weights_board>();
  const auto meter = std::make_shared<actors::activity>();
  const auto members = std::make_shared<actors::roll_call>();
  const actors::failure_sink failed = [members](const std::string& who, const std::string& what) {
    members->fail(who, what);
  };

  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  config.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system system{config};
  const auto service = std::make_shared<actors::buffer_service>(journal, recipe, sources, actors::read_clocks());
  cast who;
  who.buffer = system.spawn<caf::detached>(
      actors::buffer, service, actors::clock_source{actors::read_clocks},
      actors::space_watch{[&log](const auto& text) { log.event(text, true); }, [] { return stop_wanted.load(); }});
  auto parts = std::make_shared<actors::learner_parts>();
  parts->recipe = &recipe;
  parts->backend = backend;
  parts->board = board;
  parts->tokenizer = tokenizer;
  parts->meter = meter;
  parts->sources = sources;
  parts->run_folder = wanted.folder;
  parts->tokenizer_folder = tokenizer_folder;
  parts->new_model = shape_of(recipe.model, tokenizer->vocabulary_size());
  parts->who = {"learner-0", wire::new_incarnation()};
  parts->ranks = actors::spawn_learner_ranks(system, *parts, who.buffer);
  who.learner =
      system.spawn<caf::detached>(actors::learner, std::shared_ptr<const actors::learner_parts>{parts}, who.buffer);
  for (std::uint32_t i = 0; i < recipe.generators; ++i) {
    const actors::worker_name name{"generator-" + std::to_string(i), wire::new_incarnation()};
    who.workers.push_back(system.spawn<caf::detached>(
        actors::generator, name, who.buffer,
        std::make_shared<actors::sampling_station>(backend, board, tokenizer, meter, recipe.generator_batch_size),
        recipe.generator_batch_size, failed, std::make_shared<actors::worker_status>()));
    members->watch(caf::actor_cast<caf::actor>(who.workers.back()), name, "generator");
  }
  for (std::uint32_t i = 0; i < recipe.verifiers; ++i) {
    const actors::worker_name name{"verifier-" + std::to_string(i), wire::new_incarnation()};
    who.workers.push_back(system.spawn<caf::detached>(actors::verifier, name, who.buffer, make_group_judge(recipe),
                                                      failed, std::make_shared<actors::worker_status>()));
    members->watch(caf::actor_cast<caf::actor>(who.workers.back()), name, "verifier");
  }

  const auto before = std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  bool finished = false;
  std::exception_ptr problem;
  {
    actors::controller controller{system,
                                  {.recipe = &recipe,
                                   .measure = [meter] { return meter->total(); },
                                   .members = members,
                                   .log = &log,
                                   .display = display.get(),
                                   .stop = &stop_wanted,
                                   .run_folder = wanted.folder,
                                   .buffer = who.buffer,
                                   .learner = who.learner}};
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
    caf::anon_send_exit(w, caf::exit_reason::user_shutdown);
  }
  caf::anon_send_exit(who.learner, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(who.buffer, caf::exit_reason::user_shutdown);
  who = cast{};
  system.await_all_actors_done();
  std::signal(SIGINT, before);
  if (problem) {
    std::rethrow_exception(problem);
  }
  const bool reported = write_report(wanted.folder, service->summary().counts, log, run_verb::run);
  display->say(finished
                   ? reported ? "finished: open " + wanted.folder + "/report.html" : "finished, without a report"
                   : "stopped after a committed step; go on with: " + resume_command(wanted.folder, run_verb::run));
  return !finished ? 130 : reported ? 0 : 1;
}

} // namespace troupe::program
