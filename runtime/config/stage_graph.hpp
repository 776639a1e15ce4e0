// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"
#include "schema/step.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace troupe::config {

/// The order of a recipe's stages and where each takes its weights from. Pure.
class stage_graph {
public:
  explicit stage_graph(const recipe& r);

  /// The stage whose weights `index` starts from; nothing: the recipe's model.
  std::optional<stage_index> parent(stage_index index) const;
  /// The first stage that is not finished; nothing when all are.
  std::optional<stage_index> next(std::span<const stage_record> done) const;
  std::size_t size() const noexcept { return parents_.size(); }

private:
  std::vector<std::optional<stage_index>> parents_;
};

/// Names of the datasets that the weights a stage starts from were trained on, the latest first.
std::vector<std::string> datasets_behind(const recipe& r, stage_index stage);

/// What the next stage starts from among the checkpoints of its parent: the best by validation, or the last; the last
/// too when none was evaluated. Nothing when `of` is empty.
std::optional<checkpoint_record> choose_checkpoint(std::span<const checkpoint_record> of, checkpoint_choice how);

/// Folders that `save_total_limit` gives up: the oldest ones, never the best, never the last.
std::vector<checkpoint_record> expendable(std::span<const checkpoint_record> of, std::uint32_t save_total_limit);

/// Learning rate of a step (from 1): linear warm-up, then the schedule.
double learning_rate_at(const stage_spec& s, std::uint32_t step);

} // namespace troupe::config
