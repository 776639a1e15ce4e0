// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe::rollout {

/// Keeps the learner from using a replay table's groups more often than new ones come in: a batch of n may be taken
/// while
///
///   uses + n <= samples_per_insert * inserted    and    ready >= min_size_to_sample
///
/// where `inserted` counts the groups that ever reached the table and `uses` how often batches took one of them. The
/// other side, generators that run ahead of the learner, is bounded by the staleness gate. Pure; the words are reverb's
/// (arXiv 2102.04736, section 3.3).
class rate_limiter {
public:
  struct options {
    double samples_per_insert = 0;        ///< uses of a group, on average; 0: no limit
    std::uint32_t min_size_to_sample = 0; ///< ready groups; 0: a batch is enough
  };

  explicit rate_limiter(options opts) : opts_(opts) {}

  /// Why no batch of `n` may be taken now, in words; empty when it may.
  std::string refusal(std::uint64_t ready, std::uint64_t inserted, std::uint64_t uses, std::uint64_t n) const;

private:
  options opts_;
};

} // namespace troupe::rollout
