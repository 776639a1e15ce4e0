// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/store/journal.hpp"

#include <cstdint>
#include <set>
#include <string>

/// Transitions that can be told from their number alone, and what a store holds of them: nothing else needs to be
/// remembered to know whether it lost, tore or doubled one.
namespace troupe::store::oracle {

inline group_id id_of(std::uint64_t n) {
  return {stage_index{1}, purpose::train, n, 0};
}

/// Large enough for a blob file by default; every token is the group's number, so that a mixed-up record shows.
inline sample payload(std::uint64_t n, std::size_t tokens = 2000) {
  sample s{.index = 0};
  s.tokens.assign(tokens, static_cast<std::int32_t>(n));
  s.logprobs.assign(tokens, -0.5F);
  s.loss_mask.assign(tokens, 1);
  s.segments = {{segment_source::policy, 0, static_cast<std::uint32_t>(tokens), policy_version{1}}};
  return s;
}

inline group group_of(std::uint64_t n) {
  group g{.id = id_of(n), .state = group_state::trained, .task = "addition"};
  g.members.resize(1);
  return g;
}

inline prompt prompt_of(std::uint64_t n) {
  return {.task = "addition", .index = n};
}

inline write transition_of(std::uint64_t n, std::size_t tokens = 2000) {
  return {.groups = {group_of(n)},
          .prompts = {{id_of(n), prompt_of(n)}},
          .samples = {{{id_of(n), 0}, payload(n, tokens)}},
          .judgements = {{{id_of(n), 0}, judgement{.reward = 1}}}};
}

/// What became of transitions, after a crash. Extra ones are fine: they were written, but nobody was told.
struct findings {
  std::uint64_t lost = 0;       ///< acknowledged and not there
  std::uint64_t duplicated = 0; ///< there twice
  std::uint64_t torn = 0;       ///< there in part, or not as it was written
  std::set<std::uint64_t> present;

  bool clean() const { return lost + duplicated + torn == 0; }
  void add(const findings& other) {
    lost += other.lost;
    duplicated += other.duplicated;
    torn += other.torn;
  }
};

/// Reads every transition below `attempted` and compares. Throws what the journal throws for a record it cannot read.
inline findings examine(const journal& j, const std::set<std::uint64_t>& acknowledged, std::uint64_t attempted,
                        std::size_t tokens = 2000) {
  findings f;
  j.for_each_group([&](const group& g) {
    f.duplicated += f.present.insert(g.id.cursor).second ? 0 : 1;
    f.torn += g == group_of(g.id.cursor) ? 0 : 1;
    return true;
  });
  for (std::uint64_t n = 0; n < attempted; ++n) {
    const bool there = f.present.count(n) > 0;
    f.lost += !there && acknowledged.count(n) > 0 ? 1 : 0;
    const auto s = j.find_sample({id_of(n), 0});
    const auto p = j.find_prompt(id_of(n));
    const auto v = j.find_judgement({id_of(n), 0});
    const bool as_written =
        there ? s == payload(n, tokens) && p == prompt_of(n) && v == judgement{.reward = 1} : !s && !p && !v;
    f.torn += as_written ? 0 : 1;
  }
  return f;
}

} // namespace troupe::store::oracle
