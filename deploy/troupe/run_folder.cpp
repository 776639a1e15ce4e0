// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_folder.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/store/journal.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace troupe::program {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view resolved_mark = "# The recipe of this run, every default spelled out.";
constexpr std::string_view setting_mark = "# --set ";
constexpr std::uintmax_t space_min = 256ULL << 20; // bytes: a tiny run's store and checkpoints

/// In words, the first line that only one of two recipes has; empty for equal ones.
std::string first_difference(const std::string& there, const std::string& now) {
  std::istringstream old_lines{there}, new_lines{now};
  for (std::string a, b;;) {
    const bool more_old = static_cast<bool>(std::getline(old_lines, a));
    const bool more_new = static_cast<bool>(std::getline(new_lines, b));
    if (!more_old && !more_new) {
      return "";
    }
    if (a != b || more_old != more_new) {
      const auto trimmed = [](const std::string& s) { return s.substr(std::min(s.find_first_not_of(" -"), s.size())); };
      return "`" + (more_old ? trimmed(a) : "nothing") + "` there, `" + (more_new ? trimmed(b) : "nothing") + "` here";
    }
  }
}

void make_writable(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    throw error{errc::invalid, "cannot create the run directory " + folder.string() + ": " + problem.message() +
                                   "; choose another with --out"};
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    throw error{errc::invalid, "the run directory " + folder.string() + " is not writable; choose another with --out"};
  }
  const auto space = fs::space(folder, problem);
  if (!problem && space.available < space_min) {
    throw error{errc::resource_exhausted, "only " + std::to_string(space.available >> 20) + " MiB free at " +
                                              folder.string() + "; a run needs at least 256"};
  }
}

/// The `--set` words a run was started with; nothing where its recipe does not say.
std::optional<std::vector<std::string>> settings_of_run(const std::string& folder) {
  std::ifstream in{fs::path{folder} / "recipe.yaml"};
  std::vector<std::string> settings;
  std::string line;
  if (!std::getline(in, line) || line != resolved_mark) {
    return std::nullopt;
  }
  while (std::getline(in, line) && line.starts_with(setting_mark)) {
    settings.push_back(nlohmann::json::parse(line.substr(setting_mark.size())).get<std::string>());
  }
  return settings;
}

} // namespace

bool run_begun(const std::string& folder) {
  const auto store = fs::path{folder} / "store";
  if (!fs::exists(store / "CURRENT")) {
    return false;
  }
  try {
    const store::journal journal{store.string(), store::open_mode::read_only};
    bool any = !journal.degradation().empty();
    for (const auto& s : journal.stages()) {
      any = any || !journal.steps(s.stage).empty();
    }
    journal.for_each_group([&](const group&) {
      any = true;
      return false;
    });
    return any;
  } catch (const store::half_made_store&) {
    return false;
  } catch (const error& e) {
    if (e.code() == errc::corrupt) {
      return true; // whatever it was
    }
    throw;
  }
}

wanted_run look_up(const run_request& said) {
  const auto out = said.out.empty() ? "runs/" + config::load_recipe(said.recipe, said.set).name : said.out;
  const auto own_recipe = (fs::path{out} / "recipe.yaml").string();
  if (said.resume && !fs::exists(own_recipe)) {
    throw error{errc::not_found, out + " holds no run to resume; start one without --resume"};
  }
  const auto settings = said.resume && said.set.empty() ? settings_of_run(out) : std::optional{said.set};
  return {.folder = out,
          .recipe = settings ? config::load_recipe(said.recipe, *settings) : config::load_recipe(own_recipe),
          .settings = settings.value_or(said.set),
          .resume = said.resume};
}

config::recipe recipe_of_run(const wanted_run& wanted, run_verb verb) {
  if (!wanted.resume && run_begun(wanted.folder)) {
    throw error{errc::invalid,
                wanted.folder + " already holds a run: go on with it by --resume, or choose another --out"};
  }
  if (!wanted.resume) {
    return wanted.recipe;
  }
  const auto recipe_file = (fs::path{wanted.folder} / "recipe.yaml").string();
  auto there = config::load_recipe(recipe_file);
  // How many do the work changes nothing of what is trained, and a checkpoint suits any number of ranks.
  there.learners = wanted.recipe.learners;
  there.generators = wanted.recipe.generators;
  there.verifiers = wanted.recipe.verifiers;
  if (const auto change = first_difference(config::to_yaml(there), config::to_yaml(wanted.recipe)); !change.empty()) {
    throw error{errc::invalid, "the recipe differs from the one this run was started with (" + recipe_file +
                                   "): " + change + ". A run keeps its recipe: go on with `" +
                                   resume_command(wanted.folder, verb) + "`, or start a new run"};
  }
  return there;
}

bool claim_run_folder(const std::string& folder, const config::recipe& of, const std::vector<std::string>& settings) {
  make_writable(folder);
  if (run_begun(folder)) {
    return true;
  }
  if (settings_of_run(folder)) { // a run's folder, of a start that came to nothing; nobody else's
    for (const char* left : {"tokenizer", "store", "checkpoints"}) {
      fs::remove_all(fs::path{folder} / left);
    }
  }
  std::string text = std::string{resolved_mark} + "\n";
  for (const auto& one : settings) {
    text += std::string{setting_mark} + nlohmann::json(one).dump() + "\n";
  }
  data::write_file_durably((fs::path{folder} / "recipe.yaml").string(), text + config::to_yaml(of));
  return false;
}

std::string resume_command(const std::string& folder, run_verb verb) {
  const auto word = [](const std::string& text) {
    const bool plain =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+=:") ==
        std::string::npos;
    std::string quoted;
    for (const char c : text) {
      quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return plain ? text : "'" + quoted + "'";
  };
  return std::string{"troupe "} + (verb == run_verb::up ? "up " : "run ") + word(folder + "/recipe.yaml") + " --out " +
         word(folder) + " --resume";
}

} // namespace troupe::program
