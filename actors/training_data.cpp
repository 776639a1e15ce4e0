// SPDX-License-Identifier: Apache-2.0
#include "actors/training_data.hpp"

#include "actors/sampling_seed.hpp"
#include "actors/stage_mixture.hpp"
#include "runtime/rollout/advantages.hpp"
#include "runtime/rollout/batch_shares.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::actors {

training_data::training_data(const config::recipe& what, stage_index stage, const source_map& sources, records datasets,
                             std::shared_ptr<const text::tokenizer> tokenizer)
    : spec_(what.stages.at(stage.value)), seed_(cursor_seed(what.seed, stage, 0)), sources_(sources),
      datasets_(std::move(datasets)), tokenizer_(std::move(tokenizer)), mixture_(mixture_of(spec_)) {}

gpu::training_sequence training_data::example(std::uint64_t n) {
  const auto pick = mixture_.at(n);
  const auto& part = spec_.data[pick.part];
  std::string asked;
  std::string completion;
  if (part.dataset.empty()) {
    const auto e = sources_.at(part.task)->at(split::train, pick.index);
    asked = prompt_text(e.question);
    completion = e.demonstration;
  } else {
    const auto& records = *datasets_.at(part.dataset);
    const std::uint64_t size = part.limit == 0 ? records.size() : std::min<std::uint64_t>(part.limit, records.size());
    const auto& r = records[cursor_seed(seed_, stage_index{1}, pick.index) % size];
    asked = r.prompt;
    completion = r.completion;
  }
  gpu::training_sequence s{.prompt = tokenizer_->encode(asked, true),
                           .completion = tokenizer_->encode(completion, false),
                           .loss_mask = {},
                           .sampler_logprobs = {}};
  s.completion.push_back(tokenizer_->end_token());
  s.loss_mask.assign(s.completion.size(), 1);
  return s;
}

std::vector<gpu::training_sequence> to_sequences(const batch& what, const config::stage_spec& spec,
                                                 const text::tokenizer& tokenizer, std::uint32_t ranks) {
  rollout::batch_rewards rewards;
  for (const auto& g : what.groups) {
    rewards.add(g.what, spec.mask_truncated_completions);
  }
  const auto advantage = rollout::advantages(rewards, spec.scale_rewards);
  std::vector<gpu::training_sequence> out;
  std::vector<std::size_t> group_of; // each sequence's
  std::vector<std::uint64_t> tokens(what.groups.size(), 0);
  std::size_t at = 0;
  for (std::size_t group = 0; group < what.groups.size(); ++group) {
    const auto& g = what.groups[group];
    const auto ids = tokenizer.encode(prompt_text(g.asked), true);
    for (const auto& s : g.samples) {
      if (rewards.counted[at] != 0 && !s.tokens.empty()) {
        out.push_back({.prompt = ids,
                       .completion = s.tokens,
                       .loss_mask = s.loss_mask,
                       .sampler_logprobs = s.logprobs,
                       .advantage = advantage[at],
                       .single_version = s.segments.size() <= 1});
        group_of.push_back(group);
        tokens[group] += ids.size() + s.tokens.size();
      }
      ++at;
    }
  }
  const auto rank_of = rollout::share_groups(tokens, ranks, spec.mini_batches);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].rank = rank_of[group_of[i]];
  }
  return out;
}

gpu::figures describe(const batch& what, const config::stage_spec& spec, policy_version learner) {
  gpu::figures f;
  double n = 0, sum = 0, squares = 0, correct = 0, tokens = 0, cut = 0, flat = 0, stale = 0, longest = 0;
  std::map<std::string, double> parts;
  for (const auto& g : what.groups) {
    rollout::batch_rewards rewards;
    rewards.add(g.what, spec.mask_truncated_completions);
    for (std::size_t i = 0; i < g.what.members.size(); ++i) {
      const auto& m = g.what.members[i];
      n += 1;
      sum += m.reward;
      squares += m.reward * m.reward;
      correct += m.verdict == verdict_kind::correct ? 1 : 0;
      tokens += m.num_tokens;
      longest = std::max(longest, static_cast<double>(m.num_tokens));
      cut += m.finish == finish_reason::length ? 1 : 0;
      for (const auto& part : g.judgements[i].parts) {
        parts[part.name] += part.value;
      }
    }
    flat += rollout::zero_variance(rewards.rewards, rewards.counted) ? 1 : 0;
    const auto age = static_cast<double>(rollout::staleness_gate::staleness(g.what, learner));
    stale += age;
    f["staleness/max"] = std::max(f["staleness/max"], age);
  }
  const double groups = std::max<double>(1, static_cast<double>(what.groups.size()));
  n = std::max(1.0, n);
  f["reward"] = sum / n;
  f["reward_std"] = std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
  f["accuracy"] = correct / n;
  f["completions/mean_length"] = tokens / n;
  f["completions/max_length"] = longest;
  f["completions/clipped_ratio"] = cut / n;
  f["frac_reward_zero_std"] = flat / groups;
  f["staleness/mean"] = stale / groups;
  f["num_tokens"] = tokens;
  for (const auto& [name, value] : parts) {
    f["rewards/" + name + "/mean"] = value / n;
  }
  return f;
}

} // namespace troupe::actors
