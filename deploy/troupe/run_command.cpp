// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "deploy/troupe/run_session.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/text/tokenizer.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace troupe::program {

namespace {

struct run_options {
  run_request run;
  bool dry_run = false;
};

void add_options(CLI::App& command, const std::shared_ptr<run_options>& o) {
  command.add_option("--set", o->run.set, "change one key: stages.reasoning_rl.learning_rate=1e-5")->default_str("");
  command.add_option("--out", o->run.out, "run directory; default runs/RECIPE");
  command.add_flag("--resume", o->run.resume, "go on with the run in the run directory");
  command.add_flag("--dry-run", o->dry_run, "print the plan, change nothing");
}

/// Tokens of the tokenizer that the run would make, or of the model's own.
std::uint64_t vocabulary_of(const config::recipe& r, const config::sources& sources) {
  if (!r.model.path.empty()) {
    return text::load_tokenizer(r.model.path)->vocabulary_size();
  }
  return text::character_vocabulary_size(alphabet_of(r, sources), task::tags());
}

void print_plan(const config::recipe& r) {
  const auto sources = config::open_sources(r);
  config::check_prompts(r, sources);
  require_programs(r);
  for (const auto& [name, source] : sources) {
    for (const auto& remark : source->remarks()) {
      std::cerr << remark << "\n";
    }
  }
  std::cout << config::to_text(r, config::make_plan(r, vocabulary_of(r, sources)));
}

int run(const run_options& o) {
  const auto wanted = look_up(o.run);
  if (o.dry_run) {
    print_plan(wanted.recipe);
    return 0;
  }
  return run_session(wanted);
}

} // namespace

void add_run(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("run", "Run a recipe: a name (troupe recipe list) or a YAML file.\n"
                                            "Example: troupe run mine.yaml --out runs/first");
  auto o = std::make_shared<run_options>();
  command->add_option("RECIPE", o->run.recipe, "name or file")->required()->default_str("");
  add_options(*command, o);
  command->callback([&chosen, o] { chosen = [o] { return run(*o); }; });
}

void add_quickstart(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("quickstart", "All four stages of R1 on a tiny model: the recipe r1-tiny.\n"
                                                   "Example: troupe quickstart --out runs/first");
  auto o = std::make_shared<run_options>();
  add_options(*command, o);
  command->callback([&chosen, o] { chosen = [o] { return run(*o); }; });
}

} // namespace troupe::program
