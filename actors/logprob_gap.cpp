// SPDX-License-Identifier: Apache-2.0
#include "actors/logprob_gap.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::actors {

namespace {

constexpr std::size_t samples_measured = 4; // a step trains on a hundred: little work, yet every step is watched

} // namespace

void logprob_gap::published(const shared_weights& w, std::uint32_t max_staleness) {
  kept_[w->version()] = w;
  std::erase_if(kept_, [&](const auto& kept) { return kept.first.value + max_staleness < w->version().value; });
}

gpu::figures logprob_gap::measure(const batch& what, double temperature, const text::tokenizer& tokenizer,
                                  gpu::backend& by) const {
  std::size_t measured = 0;
  double sum = 0;
  double most = 0;
  double tokens = 0;
  for (const auto& g : what.groups) {
    const auto fits = [&](const sample& s) {
      return s.segments.size() == 1 && !s.tokens.empty() && kept_.contains(s.segments.front().version);
    };
    const auto s = std::find_if(g.samples.begin(), g.samples.end(), fits);
    if (s == g.samples.end() || measured == samples_measured) {
      continue;
    }
    ++measured;
    auto ids = tokenizer.encode(prompt_text(g.asked), true);
    const auto prompt = ids.size();
    ids.insert(ids.end(), s->tokens.begin(), s->tokens.end());
    const auto scored = by.score(*kept_.at(s->segments.front().version), ids, temperature);
    for (std::size_t i = 0; i < s->tokens.size(); ++i) {
      const double gap = std::abs(static_cast<double>(scored[prompt - 1 + i]) - static_cast<double>(s->logprobs[i]));
      sum += gap;
      most = std::max(most, gap);
      tokens += 1;
    }
  }
  return tokens == 0 ? gpu::figures{} : gpu::figures{{"logprob_gap_max", most}, {"logprob_gap_mean", sum / tokens}};
}

} // namespace troupe::actors
