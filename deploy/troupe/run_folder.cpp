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

config::recipe prepare_run_folder(const std::string& folder, const config::recipe& wanted, bool resume) {
  const fs::path place = folder;
  const fs::path recipe_file = place / "recipe.yaml";
  const bool holds_run = fs::exists(recipe_file);
  if (resume && !holds_run) {
    throw error{errc::not_found, folder + " holds no run to resume; start one without --resume"};
  }
  if (!resume && (holds_run || fs::exists(place / "store"))) {
    throw error{errc::invalid, folder + " already holds a run: go on with it by --resume, or choose another --out"};
  }
  make_writable(place);
  if (!resume) {
    data::write_file_durably(recipe_file.string(), config::to_yaml(wanted));
    return wanted;
  }
  auto there = config::load_recipe(recipe_file.string());
  if (config::to_yaml(there) != config::to_yaml(wanted)) {
    throw error{errc::invalid, "the recipe differs from the one this run was started with (" + recipe_file.string() +
                                   "); resume without --set, or start a new run"};
  }
  return there;
}

} // namespace troupe::program
