// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/sample_facts.hpp"

#include "runtime/rollout/staleness_gate.hpp"

namespace troupe::ctl {

sample_facts::sample_facts(const opened_store& from) : from_(from) {
  for (const auto& s : from.journal->stages()) {
    names_[s.stage] = s.name;
    const auto steps = from.journal->steps(s.stage);
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
  return rollout::staleness_gate::staleness(m, learner);
}

config::stage_spec sample_facts::spec_of(stage_index stage) const {
  const bool has_spec = from_.recipe && stage.value < from_.recipe->stages.size();
  return has_spec ? from_.recipe->stages[stage.value] : config::stage_spec{};
}

rollout::spread sample_facts::rewards(const group& g) const {
  rollout::batch_rewards own;
  own.add(g, spec_of(g.id.stage).mask_truncated_completions);
  return rollout::spread_of(own.rewards, own.counted);
}

std::optional<step_record> sample_facts::trained_by(const group& g) const {
  return g.trained_at ? from_.journal->find_step(g.id.stage, *g.trained_at) : std::nullopt;
}

std::vector<double> sample_facts::advantages(const group& g) const {
  if (g.state != group_state::trained || !g.trained_at) {
    return {};
  }
  const auto spec = spec_of(g.id.stage);
  std::vector<group> batch{g};
  std::size_t own = 0;
  if (spec.scale_rewards == rollout::scale_rewards::batch) {
    if (const auto step = trained_by(g)) {
      batch.clear();
      for (const auto& id : step->groups) {
        own = id == g.id ? batch.size() : own;
        batch.push_back(id == g.id ? g : from_.journal->find_group(id).value_or(group{}));
      }
    }
  }
  rollout::batch_rewards rewards;
  std::size_t first = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    first = i == own ? rewards.rewards.size() : first;
    rewards.add(batch[i], spec.mask_truncated_completions);
  }
  const auto all = rollout::advantages(rewards, spec.scale_rewards);
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(g.members.size())};
}

} // namespace troupe::ctl
