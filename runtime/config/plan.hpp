// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"
#include "runtime/task/prompt_source.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::config {

using sources = std::map<std::string, std::shared_ptr<const task::prompt_source>>;

/// What make_source of a task of the recipe takes.
sources open_sources(const recipe& r);

/// What one stage will do, at most.
struct stage_plan {
  std::string name;
  stage_type type = stage_type::grpo;
  std::string starts_from;   ///< a stage, or "the model"
  std::uint64_t steps = 0;   ///< optimizer steps or batches
  std::uint64_t prompts = 0; ///< or examples, for sft
  std::uint64_t samples = 0; ///< answers generated, those of validation included
  std::uint64_t tokens = 0;  ///< generated at most, and for sft those trained on at most
};

struct plan {
  std::uint64_t vocabulary = 0;
  std::uint64_t parameters = 0;   ///< 0 where the model comes from a folder
  std::uint64_t memory_bytes = 0; ///< estimate of the peak: weights, optimizer, caches, activations
  std::vector<stage_plan> stages;
};

/// Weights of a tied Llama-style decoder of this shape.
std::uint64_t count_parameters(const model_spec& m, std::uint64_t vocabulary);

/// Refuses what only the data can tell: a prompt too long for the positions, an empty split that is needed, an sft task
/// without demonstrations, eval problems that a file does not have. Throws error(invalid) "file:line: key: what".
void check_prompts(const recipe& r, const sources& from);

/// `vocabulary` is the number of tokens. Pure.
plan make_plan(const recipe& r, std::uint64_t vocabulary);

/// As `--dry-run` prints it.
std::string to_text(const recipe& r, const plan& p);

} // namespace troupe::config
