// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/sample_facts.hpp"

#include "runtime/rollout/advantages.hpp"
#include "runtime/rollout/staleness_gate.hpp"

#include <fmt/chrono.h>

namespace troupe::ctl {

sample_facts::sample_facts(const opened_store& from) : from_(from) {
  for (const auto& s : from.journal->stages()) {
    names_[s.stage] = s.name;
    const auto steps = present_steps(*from.journal, s.stage);
    newest_[s.stage] = steps.empty() ? policy_version{0} : steps.back().version;
  }
}

const std::string& sample_facts::stage_name(stage_index stage) const {
  return names_.try_emplace(stage, std::to_string(stage.value)).first->second;
}

std::optional<std::uint64_t> sample_facts::staleness(const group& g, const member& m) const {
  if (!m.submitted || g.pinned || g.state == group_state::dropped) {
    return std::nullopt;
  }
  policy_version learner;
  if (g.trained_at) {
    learner = policy_version{g.trained_at->value - 1}; // the batch produced that version
  } else if (const auto it = newest_.find(g.id.stage); it != newest_.end()) {
    learner = it->second;
  }
  group alone;
  alone.members = {m};
  return rollout::staleness_gate::staleness(alone, learner);
}

std::vector<double> sample_facts::advantages(const group& g) const {
  if (g.state != group_state::trained || !g.trained_at) {
    return {};
  }
  const bool has_spec = from_.recipe && g.id.stage.value < from_.recipe->stages.size();
  const config::stage_spec spec = has_spec ? from_.recipe->stages[g.id.stage.value] : config::stage_spec{};
  std::vector<group> batch{g};
  std::size_t own = 0;
  if (spec.scale_rewards == rollout::scale_rewards::batch) {
    for (const auto& step : present_steps(*from_.journal, g.id.stage)) {
      if (step.version != *g.trained_at) {
        continue;
      }
      batch.clear();
      for (const auto& id : step.groups) {
        own = id == g.id ? batch.size() : own;
        batch.push_back(id == g.id ? g : from_.journal->find_group(id).value_or(group{}));
      }
    }
  }
  std::vector<double> rewards;
  std::vector<std::uint8_t> counted;
  std::vector<std::uint32_t> sizes;
  std::size_t first = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    first = i == own ? rewards.size() : first;
    sizes.push_back(static_cast<std::uint32_t>(batch[i].members.size()));
    for (const auto& m : batch[i].members) {
      rewards.push_back(m.reward);
      counted.push_back(rollout::counts(m, spec.mask_truncated_completions) ? 1 : 0);
    }
  }
  const auto all = rollout::advantages(rewards, counted, sizes, spec.scale_rewards);
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(g.members.size())};
}

std::vector<step_record> present_steps(const store::journal& from, stage_index stage) {
  std::map<policy_version, step_record> newest;
  for (auto& s : from.steps(stage)) {
    const auto it = newest.find(s.version);
    if (it == newest.end() || it->second.branch <= s.branch) {
      newest.insert_or_assign(s.version, std::move(s));
    }
  }
  std::vector<step_record> out;
  for (auto& [version, s] : newest) {
    out.push_back(std::move(s));
  }
  return out;
}

std::string when(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

} // namespace troupe::ctl
