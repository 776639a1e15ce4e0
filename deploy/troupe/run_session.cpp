// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_session.hpp"

#include "actors/controller.hpp"
#include "actors/generator.hpp"
#include "actors/learner_ranks.hpp"
#include "deploy/live/endpoint.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/report.hpp"
#include "runtime/metrics/report_file.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/text/tokenizer.hpp"
#include "runtime/wire/incarnation.hpp"

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

namespace troupe::program {

namespace {

namespace fs = std::filesystem;

std::atomic<bool> stop_wanted{false}; // the only thing a signal handler may touch

extern "C" void on_interrupt(int) {
  if (stop_wanted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL); // a third Ctrl-C ends the process at once
  }
}

/// The folder whose files make a checkpoint's tokenizer: the model's own, or one made for the tasks.
std::string prepare_tokenizer(const config::recipe& r, const actors::source_map& sources, const std::string& run) {
  const fs::path folder = fs::path{run} / "tokenizer";
  if (fs::exists(folder / "tokenizer.json")) {
    return folder.string();
  }
  fs::create_directories(folder);
  if (!r.model.path.empty()) {
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
      if (fs::exists(fs::path{r.model.path} / name)) {
        fs::copy_file(fs::path{r.model.path} / name, folder / name);
      }
    }
    return folder.string();
  }
  std::vector<std::shared_ptr<const task::prompt_source>> all;
  for (const auto& [name, s] : sources) {
    all.push_back(s);
  }
  text::write_character_tokenizer(folder.string(), r.model.alphabet.empty() ? task::alphabet(all) : r.model.alphabet,
                                  task::tags());
  return folder.string();
}

gpu::model_shape shape_of(const config::model_spec& m, std::uint32_t vocabulary) {
  return {.hidden_size = m.hidden_size,
          .num_hidden_layers = m.num_hidden_layers,
          .num_attention_heads = m.num_attention_heads,
          .num_key_value_heads = m.num_key_value_heads,
          .intermediate_size = m.intermediate_size,
          .vocab_size = vocabulary,
          .max_position_embeddings = m.max_position_embeddings,
          .rope_theta = m.rope_theta,
          .initializer_range = m.initializer_range};
}

gpu::backend_options backend_of(const config::recipe& r) {
  const std::uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  return {.device = r.device,
          .deterministic = r.deterministic,
          .threads = r.threads != 0 ? r.threads : std::max(1u, cores / (r.generators + r.learners)),
          .sft_threads = r.threads != 0 ? r.threads : std::max(1u, cores / r.learners)};
}

/// Keeps the lines of what is committed: of steps up to the last, of evaluations that need not be made again.
void cut_metrics_back(const std::string& folder, const config::recipe& r, const store::journal& journal) {
  std::map<std::string, std::uint64_t> committed;
  std::set<std::string> unfinished;
  std::set<std::pair<std::string, std::uint64_t>> unvalidated;
  for (const auto& s : journal.stages()) {
    const auto& name = r.stages.at(s.stage.value).name;
    const auto steps = journal.steps(s.stage);
    committed[name] = steps.empty() ? 0 : steps.back().version.value;
    if (s.status != stage_status::finished) {
      unfinished.insert(name);
    }
    for (const auto& c : journal.checkpoints(s.stage)) {
      if (c.validation < 0) {
        unvalidated.emplace(name, c.version.value);
      }
    }
  }
  metrics::run_log::cut_back(folder, [&](const nlohmann::json& line) {
    const auto stage = line.value("stage", ""), by = line.value("evaluated_by", "");
    const auto step = line.value("step", std::uint64_t{0});
    if (by == stage && unvalidated.contains({stage, step})) {
      return false;
    }
    if (by != stage && !by.empty() && unfinished.contains(by)) {
      return false;
    }
    const auto it = committed.find(stage);
    return it == committed.end() || step <= it->second;
  });
}

/// A group names its problem by its place in the file, so the file of a run must stay as it was.
void keep_data_files(store::journal& journal, const config::recipe& r) {
  store::write w;
  for (const auto& t : r.tasks) {
    if (t.path.empty()) {
      continue;
    }
    const auto name = "task_file:" + t.name;
    const auto now = std::to_string(data::hash_file(t.path));
    const auto known = journal.setting(name.c_str());
    if (known && *known != now) {
      throw error{errc::invalid, "task " + t.name + ": " + t.path +
                                     " is not what it was when this run began: its stored groups would belong to other "
                                     "problems. Bring the file back, or start a new run with another --out"};
    }
    if (!known) {
      w.settings.emplace_back(name, now);
    }
  }
  if (!w.empty()) {
    journal.commit(w, store::durability::disk);
  }
}

/// False, and said why, when the disk does not take it.
bool write_report(const std::string& folder, const std::string& counts, metrics::run_log& log) try {
  metrics::set_report_counts(folder, nlohmann::json::parse(counts));
  metrics::write_report(folder);
  return true;
} catch (const error& e) {
  log.event(std::string{"the report is not written: "} + e.what() + "; `" + resume_command(folder) +
                "` writes it when that is mended",
            true);
  return false;
}

struct cast {
  actors::buffer_actor buffer;
  actors::learner_actor learner;
  std::vector<actors::generator_actor> generators;
  std::vector<actors::verifier_actor> verifiers;
};

} // namespace

int run_session(const config::recipe& wanted, const session_options& options) {
  const auto recipe = recipe_of_run(options.folder, wanted, options.resume);
  const auto sources = config::open_sources(recipe);
  config::check_prompts(recipe, sources);
  const auto backend = gpu::open_backend(backend_of(recipe));
  require_programs(recipe);
  const bool begun = claim_run_folder(options.folder, recipe, options.settings);
  const std::string tokenizer_folder = prepare_tokenizer(recipe, sources, options.folder);
  const auto tokenizer = text::load_tokenizer(tokenizer_folder);
  for (const auto& [name, source] : sources) {
    task::require_coverage(*tokenizer, *source, name);
  }
  store::journal journal{options.folder + "/store", begun ? store::open_mode::existing : store::open_mode::create};
  keep_data_files(journal, recipe);
  if (options.resume) {
    cut_metrics_back(options.folder, recipe, journal);
  }
  metrics::run_log log{options.folder};
  for (const auto& [name, source] : sources) {
    for (const auto& remark : source->remarks()) {
      log.event(remark, true);
    }
  }
  const live::endpoint endpoint{options.folder, journal}; // for troupectl --run
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
  parts->run_folder = options.folder;
  parts->tokenizer_folder = tokenizer_folder;
  parts->new_model = shape_of(recipe.model, tokenizer->vocabulary_size());
  parts->who = {"learner-0", wire::new_incarnation()};
  parts->ranks = actors::spawn_learner_ranks(system, *parts, who.buffer);
  who.learner =
      system.spawn<caf::detached>(actors::learner, std::shared_ptr<const actors::learner_parts>{parts}, who.buffer);
  for (std::uint32_t i = 0; i < recipe.generators; ++i) {
    const actors::worker_name name{"generator-" + std::to_string(i), wire::new_incarnation()};
    who.generators.push_back(system.spawn<caf::detached>(
        actors::generator, name, who.buffer,
        std::make_shared<actors::sampling_station>(backend, board, tokenizer, meter, recipe.generator_batch_size),
        recipe.generator_batch_size, failed));
    members->watch(caf::actor_cast<caf::actor>(who.generators.back()), name, "generator");
  }
  for (std::uint32_t i = 0; i < recipe.verifiers; ++i) {
    const actors::worker_name name{"verifier-" + std::to_string(i), wire::new_incarnation()};
    who.verifiers.push_back(
        system.spawn<caf::detached>(actors::verifier, name, who.buffer, make_group_judge(recipe), failed));
    members->watch(caf::actor_cast<caf::actor>(who.verifiers.back()), name, "verifier");
  }

  const auto before = std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  bool finished = false;
  std::exception_ptr problem;
  {
    actors::controller controller{system,
                                  {.recipe = &recipe,
                                   .meter = meter,
                                   .members = members,
                                   .log = &log,
                                   .display = display.get(),
                                   .stop = &stop_wanted,
                                   .run_folder = options.folder,
                                   .buffer = who.buffer,
                                   .learner = who.learner}};
    for (const auto& v : who.verifiers) {
      caf::anon_send(v, actors::pull_work{});
    }
    for (const auto& g : who.generators) {
      caf::anon_send(g, actors::pull_work{});
    }
    try {
      finished = controller.run();
    } catch (const std::exception& e) {
      log.event(std::string{"the run ends: "} + e.what());
      problem = std::current_exception();
    }
  }
  for (const auto& v : who.verifiers) {
    caf::anon_send_exit(v, caf::exit_reason::user_shutdown);
  }
  for (const auto& g : who.generators) {
    caf::anon_send_exit(g, caf::exit_reason::user_shutdown);
  }
  caf::anon_send_exit(who.learner, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(who.buffer, caf::exit_reason::user_shutdown);
  who = cast{};
  system.await_all_actors_done();
  std::signal(SIGINT, before);
  if (problem) {
    std::rethrow_exception(problem);
  }
  const bool reported = write_report(options.folder, service->summary().counts, log);
  display->say(finished ? reported ? "finished: open " + options.folder + "/report.html" : "finished, without a report"
                        : "stopped after a committed step; go on with: " + resume_command(options.folder));
  return !finished ? 130 : reported ? 0 : 1;
}

} // namespace troupe::program
