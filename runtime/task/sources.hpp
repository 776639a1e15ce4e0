// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/task/prompt_source.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace troupe::task {

struct source_options {
  std::string name; ///< of the task, as its prompts carry it
  std::string kind; ///< one of kinds(); empty with `path`
  std::string path; ///< JSONL file
  bool skip_bad_lines = false;
  std::uint64_t seed = 0;
  std::uint64_t validation_size = 256;
  std::uint64_t heldout_size = 1024;
  std::vector<std::pair<std::string, double>> parameters; ///< of the generator
};

/// One parameter of a generator, with its default and bounds.
struct parameter {
  std::string name;
  double value = 0;
  double low = 0;
  double high = 0;
  std::string help;
};

/// What a kind of generator makes and which parameters it takes.
struct kind_description {
  std::string name;
  std::string help;
  std::string sample_prompt;
  std::string sample_demonstration;
  std::vector<parameter> parameters;
};
const std::vector<kind_description>& kinds();

/// Throws error(invalid) for an unknown kind or parameter, for one out of bounds, and where the generator has fewer
/// different problems than the splits need; what data::read_problems throws for a file.
std::shared_ptr<const prompt_source> make_source(const source_options& opts);

} // namespace troupe::task
