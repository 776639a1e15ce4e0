// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/advantages.hpp"

#include "runtime/check.hpp"

#include <cmath>
#include <optional>

namespace troupe::rollout {

namespace {

constexpr double std_epsilon = 1e-4; // as TRL adds it

} // namespace

bool counts(const member& m, bool mask_truncated_completions) noexcept {
  return m.dropped == drop_reason::none && !(mask_truncated_completions && m.finish == finish_reason::length);
}

void batch_rewards::add(const group& g, bool mask_truncated_completions) {
  sizes.push_back(static_cast<std::uint32_t>(g.members.size()));
  for (const auto& m : g.members) {
    rewards.push_back(m.reward);
    counted.push_back(counts(m, mask_truncated_completions) ? 1 : 0);
  }
}

spread spread_of(std::span<const double> rewards, std::span<const std::uint8_t> counted) {
  spread s;
  double sum = 0;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    s.counted += counted[i] != 0 ? 1 : 0;
    sum += counted[i] != 0 ? rewards[i] : 0;
  }
  if (s.counted == 0) {
    return s;
  }
  const auto n = static_cast<double>(s.counted);
  s.mean = sum / n;
  double squares = 0;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    squares += counted[i] != 0 ? (rewards[i] - s.mean) * (rewards[i] - s.mean) : 0;
  }
  s.deviation = s.counted < 2 ? 0 : std::sqrt(squares / (n - 1));
  return s;
}

std::vector<double> advantages(std::span<const double> rewards, std::span<const std::uint8_t> counted,
                               std::span<const std::uint32_t> group_sizes, scale_rewards scale) {
  TROUPE_CHECK(rewards.size() == counted.size(), rewards.size(), " rewards, ", counted.size(), " marks");
  std::vector<double> out(rewards.size(), 0.0);
  const double batch_deviation = scale == scale_rewards::batch ? spread_of(rewards, counted).deviation : 0;
  std::size_t begin = 0;
  for (const auto size : group_sizes) {
    TROUPE_CHECK(begin + size <= rewards.size(), "groups of more than ", rewards.size(), " rewards");
    const auto r = rewards.subspan(begin, size);
    const auto c = counted.subspan(begin, size);
    const auto own = spread_of(r, c);
    if (own.counted >= 2) {
      const double divisor = scale == scale_rewards::none    ? 1.0
                             : scale == scale_rewards::batch ? batch_deviation + std_epsilon
                                                             : own.deviation + std_epsilon;
      for (std::size_t i = 0; i < size; ++i) {
        out[begin + i] = c[i] != 0 ? (r[i] - own.mean) / divisor : 0.0;
      }
    }
    begin += size;
  }
  TROUPE_CHECK(begin == rewards.size(), "groups hold ", begin, " of ", rewards.size(), " rewards");
  return out;
}

std::vector<double> advantages(const batch_rewards& batch, scale_rewards scale) {
  return advantages(batch.rewards, batch.counted, batch.sizes, scale);
}

bool zero_variance(std::span<const double> rewards, std::span<const std::uint8_t> counted) {
  std::optional<double> first;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    if (counted[i] == 0) {
      continue;
    }
    if (first && *first != rewards[i]) {
      return false;
    }
    first = rewards[i];
  }
  return true;
}

} // namespace troupe::rollout
