// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::verify {

/// What one verifier said of one completion.
struct finding {
  verdict_kind verdict =
      verdict_kind::none; ///< `none` for a purely scored part, `undecided` when the judge itself failed
  double value = 0;
  std::string reason;
};

struct question {
  const prompt* asked = nullptr;
  std::string_view completion;
  std::string id; ///< for the user's own verifier and for logs
};

/// Judges completions. A failure of the judge (crash, time-out, nonsense on its pipe) is `undecided` with a reason,
/// never `incorrect`. Implementations say in their header whether they may be called from several threads.
class judge {
public:
  virtual ~judge() = default;
  /// One finding per question, in order. Bounded in time by the judge's own deadline.
  virtual std::vector<finding> judge_all(std::span<const question> questions) = 0;
  /// Name and version for lineage: "exact/1".
  virtual std::string name_and_version() const = 0;
};

} // namespace troupe::verify
