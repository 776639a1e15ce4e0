// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>
#include <vector>

/// Which ready groups make the learner's next batch. One file a strategy; all are pure, and the choice follows from
/// the options, the version and the set of candidates alone, whatever order these come in.
namespace troupe::rollout {

enum class selector : std::uint8_t { fifo = 0, uniform = 1, prioritized = 2 };

struct selector_options {
  selector how = selector::fifo;
  std::uint64_t seed = 0; ///< of the run
  double exponent = 1;    ///< prioritized: of the priority; 0 is uniform
};

struct candidate {
  group_id id;
  double priority = 0; ///< at least 0
};

/// Standard deviation (population) of the rewards of the members that were not dropped.
double reward_spread(const group& g);

/// The uniform random number in (0, 1) that belongs to (seed, version, group).
double ticket(std::uint64_t seed, policy_version version, const group_id& id);

/// The ids of the first `count`, all of them where there are no more.
std::vector<group_id> first_of(const std::vector<candidate>& sorted, std::size_t count);

/// Each takes `count` of `from`, without repetition; all of them where there are no more.
std::vector<group_id> select_fifo(std::vector<candidate> from, std::size_t count); ///< lowest ids: the oldest
std::vector<group_id> select_uniform(const selector_options& how, policy_version version, std::vector<candidate> from,
                                     std::size_t count);
/// Proportional to priority ^ exponent, without replacement (Efraimidis and Spirakis 2006): the smallest
/// -log(ticket) / weight. Groups of weight 0 go last, the oldest first.
std::vector<group_id> select_prioritized(const selector_options& how, policy_version version,
                                         std::vector<candidate> from, std::size_t count);

std::vector<group_id> select(const selector_options& how, policy_version version, std::vector<candidate> from,
                             std::size_t count);

} // namespace troupe::rollout
