// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/run_session.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/recipe.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace troupe::program {

namespace {

struct options {
  std::string recipe = "r1-tiny";
  std::vector<std::string> set;
  std::string out;
  bool resume = false;
  bool dry_run = false;
};

void add_options(CLI::App& command, const std::shared_ptr<options>& o) {
  command.add_option("--set", o->set, "change one key: stages.reasoning_rl.learning_rate=1e-5");
  command.add_option("--out", o->out, "run directory; default runs/RECIPE");
  command.add_flag("--resume", o->resume, "go on with the run in the run directory");
  command.add_flag("--dry-run", o->dry_run, "print the plan, change nothing");
}

int run(const options& o) {
  // On resuming, the run's own recipe counts unless keys are given again.
  const std::string out = o.out.empty() ? "runs/" + config::load_recipe(o.recipe, o.set).name : o.out;
  const bool own = o.resume && o.set.empty();
  const auto recipe = config::load_recipe(own ? out + "/recipe.yaml" : o.recipe, o.set);
  if (o.dry_run) {
    std::cout << config::plan_text(recipe);
    return 0;
  }
  return run_session(recipe, {.folder = out, .resume = o.resume});
}

} // namespace

void add_run(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("run", "Run a recipe: a name (troupe recipe list) or a YAML file.\n"
                                            "Example: troupe run mine.yaml --out runs/first");
  auto o = std::make_shared<options>();
  command->add_option("RECIPE", o->recipe, "name or file")->required();
  add_options(*command, o);
  command->callback([&chosen, o] { chosen = [o] { return run(*o); }; });
}

void add_quickstart(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("quickstart", "All four stages of R1 on a tiny model: the recipe r1-tiny.\n"
                                                   "Example: troupe quickstart --out runs/first");
  auto o = std::make_shared<options>();
  add_options(*command, o);
  command->callback([&chosen, o] { chosen = [o] { return run(*o); }; });
}

} // namespace troupe::program
