// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/stage_graph.hpp"

#include "runtime/check.hpp"
#include "runtime/rollout/retention.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace troupe::config {

stage_graph::stage_graph(const recipe& r) {
  std::optional<stage_index> nearest;
  for (std::size_t i = 0; i < r.stages.size(); ++i) {
    const auto& stage = r.stages[i];
    auto parent = nearest;
    if (!stage.init.empty()) {
      const auto named =
          std::find_if(r.stages.begin(), r.stages.end(), [&](const stage_spec& one) { return one.name == stage.init; });
      TROUPE_CHECK(named < r.stages.begin() + static_cast<std::ptrdiff_t>(i), "stage ", stage.name, " init ",
                   stage.init);
      parent = stage_index(static_cast<std::uint32_t>(named - r.stages.begin()));
    }
    parents_.push_back(parent);
    if (trains(stage.type)) {
      nearest = stage_index(static_cast<std::uint32_t>(i));
    }
  }
}

std::optional<stage_index> stage_graph::parent(stage_index index) const {
  TROUPE_CHECK(index.value < parents_.size(), index.value);
  return parents_[index.value];
}

std::optional<stage_index> stage_graph::next(std::span<const stage_record> done) const {
  for (std::uint32_t i = 0; i < parents_.size(); ++i) {
    if (const stage_index at{i}; !rollout::is_finished(done, at)) {
      return at;
    }
  }
  return std::nullopt;
}

std::vector<std::string> datasets_behind(const recipe& r, stage_index stage) {
  const stage_graph graph{r};
  std::vector<std::string> names;
  for (auto at = graph.parent(stage); at; at = graph.parent(*at)) {
    for (const auto& part : r.stages.at(at->value).data) {
      if (!part.dataset.empty() && std::find(names.begin(), names.end(), part.dataset) == names.end()) {
        names.push_back(part.dataset);
      }
    }
  }
  return names;
}

namespace {

bool older(const checkpoint_record& a, const checkpoint_record& b) {
  return std::pair(a.version, a.branch) < std::pair(b.version, b.branch);
}

} // namespace

std::optional<checkpoint_record> choose_checkpoint(std::span<const checkpoint_record> of, checkpoint_choice how) {
  if (of.empty()) {
    return std::nullopt;
  }
  const auto last = *std::max_element(of.begin(), of.end(), older);
  if (how == checkpoint_choice::last) {
    return last;
  }
  const auto best = std::max_element(of.begin(), of.end(), [](const checkpoint_record& a, const checkpoint_record& b) {
    return a.validation != b.validation ? a.validation < b.validation : older(a, b); // of equals the latest
  });
  return best->validation < 0 ? last : *best;
}

std::vector<checkpoint_record> expendable(std::span<const checkpoint_record> of, std::uint32_t save_total_limit) {
  std::vector<checkpoint_record> all(of.begin(), of.end());
  std::sort(all.begin(), all.end(), older);
  const auto best = choose_checkpoint(of, checkpoint_choice::best);
  std::vector<checkpoint_record> given_up;
  const std::size_t kept = std::max<std::uint32_t>(1, save_total_limit);
  for (std::size_t i = 0; i + kept < all.size(); ++i) {
    if (all[i].folder != best->folder) {
      given_up.push_back(all[i]);
    }
  }
  return given_up;
}

double learning_rate_at(const stage_spec& s, std::uint32_t step) {
  if (step <= s.warmup_steps) {
    return s.learning_rate * step / s.warmup_steps;
  }
  if (s.lr_scheduler_type == lr_schedule::constant) {
    return s.learning_rate;
  }
  const double span = s.max_steps - s.warmup_steps;
  const double done = std::min(1.0, (step - s.warmup_steps) / span);
  const double falling =
      s.lr_scheduler_type == lr_schedule::linear ? 1 - done : (1 + std::cos(std::numbers::pi * done)) / 2;
  return s.learning_rate * (s.min_lr_ratio + (1 - s.min_lr_ratio) * falling);
}

} // namespace troupe::config
