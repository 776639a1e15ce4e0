// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/cluster/membership.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::cluster {

/// What is known when somebody asks why nothing moves.
struct wait_facts {
  std::string stage;                ///< at work; empty before the first
  bool paused = false;              ///< by an operator
  std::vector<std::string> missing; ///< roles, and names of ranks, without which the run stands still
  std::vector<std::string> ranks;   ///< names of the learner's ranks that are processes beside it
  std::vector<member> members;
  milliseconds learner_unanswered{
      0};                          ///< so long the controller has had no answer of the learner; a step takes its time
  std::optional<std::string> work; ///< where the stage's groups are, in the buffer's words; nothing: it does not answer
};

/// Who waits for whom, in words, the most likely cause first.
struct explanation {
  std::string summary;
  std::vector<std::string> lines;
  std::vector<std::string> culprits; ///< members and roles without which it would go on; empty: nobody
};

/// Waits shorter than this are the pulse of a healthy run.
inline constexpr milliseconds worth_telling{3000};

/// Pure. What members say of themselves is believed where nothing contradicts it; silence and unanswered questions go
/// before it.
explanation explain(const wait_facts& facts);

} // namespace troupe::cluster
