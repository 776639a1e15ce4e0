// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::task {

/// A prompt with, where the task can write one, the completion an expert would give (for cold-start SFT).
struct example {
  prompt question;
  std::string demonstration; ///< empty when the task has none
};

/// The prompts of one task. Every answer is a function of (split, index) alone, so a run can be resumed or repeated.
/// The splits are disjoint by prompt text. Immutable after construction, so safe from any thread.
class prompt_source {
public:
  virtual ~prompt_source() = default;
  /// `index` may be any number: a source of n prompts starts over at n in a new order. Throws error(invalid) when the
  /// split has no prompt.
  virtual example at(split from, std::uint64_t index) const = 0;
  /// Number of different prompts of a split; nothing where a generator makes them without end.
  virtual std::optional<std::uint64_t> size(split from) const = 0;
  /// Every character that a prompt, an answer or a demonstration may hold, each once, in order; a tag like `<think>` is
  /// not spelled out. By default those of all prompts of finite splits and of 4096 of endless ones.
  virtual std::string alphabet() const;
  /// What a user should hear of this source, a sentence each: lines that were skipped, with their numbers.
  virtual std::vector<std::string> remarks() const { return {}; }
};

} // namespace troupe::task
