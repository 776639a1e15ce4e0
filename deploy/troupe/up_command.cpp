// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/socket.hpp"
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "deploy/troupe/supervisor.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/message.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <thread>

namespace troupe::program {

namespace {

struct up_options {
  run_request run;
  std::vector<std::string> scale;
};

/// "generator=3" as "generators=3", a key of the recipe. Throws error(invalid).
std::string setting_of(const std::string& scale) {
  const auto equals = scale.find('=');
  const auto role = scale.substr(0, equals);
  unsigned count = 0;
  const char* end = scale.data() + scale.size();
  const bool number = equals != std::string::npos && equals + 1 < scale.size() &&
                      std::from_chars(scale.data() + equals + 1, end, count).ptr == end;
  const auto as = wire::parse_role(role);
  if (!as || !wire::is_worker(*as) || !number || count == 0 || count > config::members_max) {
    throw error{errc::invalid, "--scale " + scale + ": write generator=N or verifier=N, N from 1 to " +
                                   std::to_string(config::members_max)};
  }
  return role + "s=" + std::to_string(count);
}

/// Holds RUN/up.lock, so that one supervisor at a time has the folder. Throws error(unavailable).
live::descriptor hold(const std::string& run) {
  std::filesystem::create_directories(run);
  live::descriptor lock{::open((run + "/up.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock) {
    throw error{errc::failed, run + " cannot be written"};
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw error{errc::unavailable, "another `troupe up` is at work in " + run};
  }
  return lock;
}

/// What a supervisor that was killed has left takes some seconds to end.
void wait_for_store(const std::string& run) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{15};
  for (;;) {
    try {
      run_begun(run);
      return;
    } catch (const error& e) {
      if (e.code() != errc::unavailable || std::chrono::steady_clock::now() > until) {
        throw;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{200}); // a lock that is let go tells nobody
  }
}

int up(const up_options& o) {
  auto request = o.run;
  for (const auto& one : o.scale) {
    request.set.push_back(setting_of(one));
  }
  const auto wanted = look_up(request);
  const auto lock = hold(wanted.folder);
  wait_for_store(wanted.folder);
  const auto recipe = recipe_of_run(wanted, run_verb::up);
  config::check_prompts(recipe, config::open_sources(recipe));
  require_programs(recipe);
  claim_run_folder(wanted.folder, recipe, wanted.settings);
  supervisor processes{wanted.folder,
                       {.learners = recipe.learners, .generators = recipe.generators, .verifiers = recipe.verifiers}};
  const int status = processes.run();
  if (status != 0) {
    std::fprintf(stderr, "go on with: %s\n", resume_command(wanted.folder, run_verb::up).c_str());
  }
  return status;
}

} // namespace

void add_up(CLI::App& app, body& chosen) {
  auto* command =
      app.add_subcommand("up", "Run a recipe as processes of this machine, one a member, and look after them\n"
                               "Example: troupe up r1-tiny --out runs/first --scale generator=2");
  auto o = std::make_shared<up_options>();
  command->add_option("RECIPE", o->run.recipe, "name or file")->required()->default_str("");
  command->add_option("--scale", o->scale, "how many of a role: generator=2, verifier=1; repeatable")->default_str("");
  command->add_option("--set", o->run.set, "change one key: stages.reasoning_rl.learning_rate=1e-5")->default_str("");
  command->add_option("--out", o->run.out, "run directory; default runs/RECIPE");
  command->add_flag("--resume", o->run.resume, "go on with the run in the run directory");
  command->callback([&chosen, o] { chosen = [o] { return up(*o); }; });
}

} // namespace troupe::program
