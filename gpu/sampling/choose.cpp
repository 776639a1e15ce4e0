// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/choose.hpp"

#include "runtime/data/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace troupe::gpu {

double token_uniform(std::uint64_t seed, std::uint32_t index, std::uint64_t position) {
  return data::counter_random{seed, index, position}.uniform();
}

namespace {

/// The tokens that top-k and top-p leave, most likely first.
std::vector<std::int32_t> candidates(std::span<const float> logprobs, const sampling_options& how) {
  std::vector<std::int32_t> order(logprobs.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return logprobs[static_cast<std::size_t>(a)] > logprobs[static_cast<std::size_t>(b)];
  });
  if (how.top_k != 0 && how.top_k < order.size()) {
    order.resize(how.top_k);
  }
  double kept_mass = 0;
  for (const auto token : order) {
    kept_mass += std::exp(static_cast<double>(logprobs[static_cast<std::size_t>(token)]));
  }
  double mass = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    mass += std::exp(static_cast<double>(logprobs[static_cast<std::size_t>(order[i])]));
    if (mass >= how.top_p * kept_mass) {
      order.resize(i + 1);
    }
  }
  return order;
}

} // namespace

choice choose_token(std::span<const float> logprobs, const sampling_options& how, double uniform) {
  const auto at = [&](std::int32_t token) { return logprobs[static_cast<std::size_t>(token)]; };
  const auto greedy =
    static_cast<std::int32_t>(std::max_element(logprobs.begin(), logprobs.end()) - logprobs.begin());
  if (how.temperature == 0) {
    return {greedy, at(greedy)};
  }
  std::vector<std::int32_t> order;
  if (how.top_k != 0 || how.top_p < 1) {
    order = candidates(logprobs, how);
  }
  const std::size_t n = order.empty() ? logprobs.size() : order.size();
  const auto token_of = [&](std::size_t i) { return order.empty() ? static_cast<std::int32_t>(i) : order[i]; };
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    total += std::exp(static_cast<double>(at(token_of(i))));
  }
  double left = uniform * total;
  for (std::size_t i = 0; i < n; ++i) {
    left -= std::exp(static_cast<double>(at(token_of(i))));
    if (left < 0) {
      return {token_of(i), at(token_of(i))};
    }
  }
  return {greedy, at(greedy)}; // rounding left a crumb beyond the last token
}

} // namespace troupe::gpu
