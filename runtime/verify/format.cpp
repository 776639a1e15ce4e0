// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/rule_judge.hpp"

#include <array>

namespace troupe::verify {

finding judge_format(const question& q, std::uint64_t /*seed*/) {
  constexpr std::array<std::string_view, 4> tags = {"<think>", "</think>", "<answer>", "</answer>"};
  std::size_t after = 0; // of the last tag found
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto at = q.completion.find(tags[i]);
    if (at == std::string_view::npos) {
      return incorrect("no " + std::string(tags[i]));
    }
    if (q.completion.find(tags[i], at + 1) != std::string_view::npos) {
      return incorrect("more than one " + std::string(tags[i]));
    }
    const bool adjoins = i == 0 || i == 2; // nothing before <think>, nothing between </think> and <answer>
    if (at < after || (adjoins && at != after)) {
      return incorrect(std::string(tags[i]) + " is out of place");
    }
    after = at + tags[i].size();
  }
  return after == q.completion.size() ? correct() : incorrect("text after </answer>");
}

} // namespace troupe::verify
