// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/judges.hpp"
#include "schema/rollout.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::verify {

struct reward_options {
  std::string name; ///< of the part
  judge_options judge;
  double weight = 1.0;
  bool decides = false;           ///< its verdict counts for the sample's
  std::vector<std::string> tasks; ///< judges only answers to these; empty: to all
};

/// The weighted parts of one stage's reward. Not thread-safe: a judge may hold a process of its own.
class rewards {
public:
  /// Throws what make_judge throws.
  explicit rewards(std::vector<reward_options> parts);

  /// One judgement per question, in order. A part that does not decide carries the verdict `none`, unless its judge
  /// failed: then `undecided`, so that its meaningless value enters no reward. Never longer than the judges' deadlines.
  std::vector<judgement> judge_all(std::span<const question> questions);

  /// For lineage: "exact/1", "format/1".
  std::vector<std::string> names_and_versions() const;

private:
  struct part {
    reward_options opts;
    std::unique_ptr<judge> decide;
  };
  std::vector<part> parts_;
};

} // namespace troupe::verify
