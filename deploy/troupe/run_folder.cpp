// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_folder.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace troupe::program {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t space_min = 256ULL << 20; // bytes: a tiny run's store and checkpoints

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

} // namespace

bool run_begun(const std::string& folder) {
  return fs::exists(fs::path{folder} / "store" / "CURRENT");
}

config::recipe recipe_of_run(const std::string& folder, const config::recipe& wanted, bool resume) {
  const auto recipe_file = (fs::path{folder} / "recipe.yaml").string();
  if (resume && !fs::exists(recipe_file)) {
    throw error{errc::not_found, folder + " holds no run to resume; start one without --resume"};
  }
  if (!resume && run_begun(folder)) {
    throw error{errc::invalid, folder + " already holds a run: go on with it by --resume, or choose another --out"};
  }
  if (!resume) {
    return wanted;
  }
  auto there = config::load_recipe(recipe_file);
  if (config::to_yaml(there) != config::to_yaml(wanted)) {
    throw error{errc::invalid, "the recipe differs from the one this run was started with (" + recipe_file +
                                   "); resume without --set, or start a new run"};
  }
  return there;
}

void claim_run_folder(const std::string& folder, const config::recipe& of) {
  make_writable(folder);
  if (!run_begun(folder)) { // what a start that never came to its store may have left
    fs::remove_all(fs::path{folder} / "tokenizer");
    data::write_file_durably((fs::path{folder} / "recipe.yaml").string(), config::to_yaml(of));
  }
}

} // namespace troupe::program
