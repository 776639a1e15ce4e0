// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/consensus.hpp"

#include "runtime/check.hpp"
#include "runtime/verify/answer_text.hpp"

#include <algorithm>
#include <map>

namespace troupe::verify {

bool consensus_right(std::span<const std::string> completions, std::span<const verdict_kind> verdicts) {
  TROUPE_CHECK(completions.size() == verdicts.size(), verdicts.size(), " verdicts on ", completions.size());
  struct vote {
    int count = 0;
    bool right = false;
  };
  std::map<std::optional<std::string_view>, vote> votes;
  for (std::size_t i = 0; i < completions.size(); ++i) {
    auto& one = votes[answer_of(completions[i])];
    ++one.count;
    one.right = verdicts[i] == verdict_kind::correct;
  }
  const auto top = std::max_element(votes.begin(), votes.end(),
                                    [](const auto& a, const auto& b) { return a.second.count < b.second.count; });
  return top != votes.end() && top->second.right;
}

} // namespace troupe::verify
