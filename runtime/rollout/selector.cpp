// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/selector.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::rollout {

namespace {

/// splitmix64's finisher: every bit of the input changes half of the output's.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

} // namespace

double reward_spread(const group& g) {
  double n = 0, sum = 0, squares = 0;
  for (const auto& m : g.members) {
    if (m.dropped == drop_reason::none) {
      n += 1;
      sum += m.reward;
    }
  }
  for (const auto& m : g.members) {
    squares += m.dropped == drop_reason::none ? (m.reward - sum / n) * (m.reward - sum / n) : 0;
  }
  return n > 0 ? std::sqrt(squares / n) : 0;
}

double ticket(std::uint64_t seed, policy_version version, const group_id& id) {
  std::uint64_t x = mixed(seed);
  for (const std::uint64_t part :
       {version.value, std::uint64_t{id.stage.value}, std::uint64_t{id.attempt}, id.cursor}) {
    x = mixed(x ^ part);
  }
  return (static_cast<double>(x >> 11) + 0.5) * 0x1p-53;
}

std::vector<group_id> first_of(const std::vector<candidate>& sorted, std::size_t count) {
  std::vector<group_id> taken;
  for (std::size_t i = 0; i < std::min(count, sorted.size()); ++i) {
    taken.push_back(sorted[i].id);
  }
  return taken;
}

std::vector<group_id> select(const selector_options& how, policy_version version, std::vector<candidate> from,
                             std::size_t count) {
  switch (how.how) {
  case selector::fifo:
    return select_fifo(std::move(from), count);
  case selector::uniform:
    return select_uniform(how, version, std::move(from), count);
  case selector::prioritized:
    return select_prioritized(how, version, std::move(from), count);
  }
  TROUPE_CHECK(false, "selector ", static_cast<int>(how.how));
}

} // namespace troupe::rollout
