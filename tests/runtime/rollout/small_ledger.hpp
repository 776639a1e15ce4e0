// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/ledger.hpp"

#include <gtest/gtest.h>

/// A ledger with groups of two, and the calls that its tests make over and over.
namespace troupe::rollout {

inline const caller generator{.worker = "generator-0", .holder = {1, 1}, .now = monotonic_ms{0}};
inline const caller verifier{.worker = "verifier-0", .holder = {2, 1}, .now = monotonic_ms{0}};
inline const caller learner{.worker = "learner", .holder = {3, 1}, .now = monotonic_ms{0}};
inline constexpr epoch first_epoch{1};

inline ledger::stage_rules rules(std::uint32_t max_staleness = 1, std::uint32_t groups_per_batch = 2) {
  return {.stage = stage_index{1},
          .gate = {.max_staleness = max_staleness, .groups_per_batch = groups_per_batch},
          .num_generations = 2,
          .lease_time = monotonic_ms{100}};
}

inline ledger fresh(const ledger::stage_rules& r = rules()) {
  ledger l{lease_id{1}};
  l.begin_stage(r, policy_version{0});
  l.begin_epoch(first_epoch, 0);
  return l;
}

inline member sampled(std::uint64_t version = 0, std::uint64_t checksum = 7) {
  return {.submitted = true,
          .num_tokens = 3,
          .oldest = policy_version{version},
          .newest = policy_version{version},
          .checksum = checksum};
}

inline std::vector<judgement> verdicts(verdict_kind a = verdict_kind::correct,
                                       verdict_kind b = verdict_kind::incorrect) {
  return {{.verdict = a, .reward = a == verdict_kind::correct ? 1.0 : 0.0},
          {.verdict = b, .reward = b == verdict_kind::correct ? 1.0 : 0.0}};
}

inline group_id issue(ledger& l, purpose why = purpose::train) {
  return l.issue({.why = why, .task = "addition", .num_generations = 2}, 0).value().id;
}

/// Everything that is queued goes to `generated`, sampled at `version`.
inline void generate(ledger& l, std::uint64_t version = 0) {
  const auto work = l.lease_prompts(generator, 100);
  for (const auto& g : work.groups) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      ASSERT_EQ(l.submit_sample(generator, work.lease, g.id, i, sampled(version)).result, submit_result::created);
    }
  }
}

inline void verify(ledger& l, const std::vector<judgement>& said = verdicts()) {
  const auto work = l.lease_generated(verifier, 100);
  for (const auto& g : work.groups) {
    ASSERT_EQ(l.submit_verdict(verifier, work.lease, g.id, said).result, submit_result::created);
  }
}

/// `count` more groups that are ready, sampled at `version`.
inline void make_ready(ledger& l, int count, std::uint64_t version = 0) {
  for (int i = 0; i < count; ++i) {
    issue(l);
  }
  generate(l, version);
  verify(l);
}

inline std::vector<std::uint64_t> cursors(const ledger::changes& groups) {
  std::vector<std::uint64_t> all;
  for (const auto& g : groups) {
    all.push_back(g.id.cursor);
  }
  return all;
}

} // namespace troupe::rollout
