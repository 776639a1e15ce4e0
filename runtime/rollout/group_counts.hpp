// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace troupe::rollout {

/// How many groups stand where. `issued` is a total; the rest must add up to it at every quiescent point.
struct group_counts {
  std::uint64_t issued = 0;
  std::uint64_t pending = 0; ///< queued + generating + generated + verifying
  std::uint64_t ready = 0;
  std::uint64_t leased = 0;
  std::uint64_t trained = 0;
  std::uint64_t collected = 0;
  std::uint64_t scored = 0;
  std::array<std::uint64_t, 9> dropped{}; ///< by drop_reason

  std::uint64_t dropped_total() const noexcept;
  /// The law the project is known for: every group issued is alive or has come to a known end.
  bool conserved() const noexcept {
    return issued == pending + ready + leased + trained + collected + scored + dropped_total();
  }

  void add(const group& g) noexcept;                           ///< a group seen for the first time
  void move(const group& before, const group& after) noexcept; ///< a transition
  bool operator==(const group_counts&) const = default;
};

/// pending, ready, leased, trained, collected, scored or dropped:REASON: what became of one member of a group.
std::string fate(const group& g, const member& m);

} // namespace troupe::rollout
