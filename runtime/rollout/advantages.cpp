// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/advantages.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace troupe::rollout {

namespace {

constexpr double std_epsilon = 1e-4; // as TRL adds it

/// Bessel's standard deviation of the counted values; 0 for fewer than two.
double deviation(std::span<const double> values, std::span<const std::uint8_t> counted) {
  double n = 0, sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    n += counted[i] != 0 ? 1 : 0;
    sum += counted[i] != 0 ? values[i] : 0;
  }
  if (n < 2) {
    return 0;
  }
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += counted[i] != 0 ? (values[i] - sum / n) * (values[i] - sum / n) : 0;
  }
  return std::sqrt(squares / (n - 1));
}

double mean(std::span<const double> values, std::span<const std::uint8_t> counted) {
  double n = 0, sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    n += counted[i] != 0 ? 1 : 0;
    sum += counted[i] != 0 ? values[i] : 0;
  }
  return n == 0 ? 0 : sum / n;
}

std::size_t count(std::span<const std::uint8_t> counted) {
  return static_cast<std::size_t>(std::count_if(counted.begin(), counted.end(), [](auto c) { return c != 0; }));
}

} // namespace

std::vector<double> advantages(std::span<const double> rewards, std::span<const std::uint8_t> counted,
                               std::span<const std::uint32_t> group_sizes, scale_rewards scale) {
  TROUPE_CHECK(rewards.size() == counted.size(), rewards.size(), " rewards, ", counted.size(), " marks");
  std::vector<double> out(rewards.size(), 0.0);
  const double batch_deviation = scale == scale_rewards::batch ? deviation(rewards, counted) : 0;
  std::size_t begin = 0;
  for (const auto size : group_sizes) {
    TROUPE_CHECK(begin + size <= rewards.size(), "groups of more than ", rewards.size(), " rewards");
    const auto r = rewards.subspan(begin, size);
    const auto c = counted.subspan(begin, size);
    if (count(c) >= 2) {
      const double centre = mean(r, c);
      const double divisor = scale == scale_rewards::none    ? 1.0
                             : scale == scale_rewards::batch ? batch_deviation + std_epsilon
                                                             : deviation(r, c) + std_epsilon;
      for (std::size_t i = 0; i < size; ++i) {
        out[begin + i] = c[i] != 0 ? (r[i] - centre) / divisor : 0.0;
      }
    }
    begin += size;
  }
  TROUPE_CHECK(begin == rewards.size(), "groups hold ", begin, " of ", rewards.size(), " rewards");
  return out;
}

bool counts(const member& m, bool mask_truncated_completions) noexcept {
  return m.dropped == drop_reason::none && !(mask_truncated_completions && m.finish == finish_reason::length);
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
