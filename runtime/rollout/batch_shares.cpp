// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/batch_shares.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::rollout {

std::vector<std::uint32_t> share_groups(std::span<const std::uint64_t> tokens, std::uint32_t ranks) {
  TROUPE_CHECK(ranks > 0, "ranks ", ranks);
  std::vector<std::size_t> largest_first(tokens.size());
  std::iota(largest_first.begin(), largest_first.end(), std::size_t{0});
  std::stable_sort(largest_first.begin(), largest_first.end(),
                   [&](std::size_t a, std::size_t b) { return tokens[a] > tokens[b]; });
  std::vector<std::uint64_t> load(ranks, 0);
  std::vector<std::uint32_t> rank_of(tokens.size());
  for (const auto i : largest_first) {
    const auto lightest = std::min_element(load.begin(), load.end()); // the first of equals
    *lightest += tokens[i];
    rank_of[i] = static_cast<std::uint32_t>(lightest - load.begin());
  }
  return rank_of;
}

std::vector<std::uint32_t> share_groups(std::span<const std::uint64_t> tokens, std::uint32_t ranks,
                                        std::uint32_t parts) {
  TROUPE_CHECK(parts > 0, "parts ", parts);
  std::vector<std::uint32_t> rank_of;
  for (std::size_t i = 0; i < parts; ++i) {
    const auto begin = i * tokens.size() / parts, end = (i + 1) * tokens.size() / parts;
    const auto of_part = share_groups(tokens.subspan(begin, end - begin), ranks);
    rank_of.insert(rank_of.end(), of_part.begin(), of_part.end());
  }
  return rank_of;
}

} // namespace troupe::rollout
