// SPDX-License-Identifier: Apache-2.0
#include "runtime/tags.hpp"
#include "runtime/verify/rule_judge.hpp"

namespace troupe::verify {

finding judge_format(const question& q, std::uint64_t /*seed*/) {
  std::size_t after = 0; // of the last tag found
  for (std::size_t i = 0; i < tag::all.size(); ++i) {
    const auto at = q.completion.find(tag::all[i]);
    if (at == std::string_view::npos) {
      return incorrect("no " + std::string(tag::all[i]));
    }
    if (q.completion.find(tag::all[i], at + 1) != std::string_view::npos) {
      return incorrect("more than one " + std::string(tag::all[i]));
    }
    const bool adjoins = i == 0 || i == 2; // nothing before <think>, nothing between </think> and <answer>
    if (at < after || (adjoins && at != after)) {
      return incorrect(std::string(tag::all[i]) + " is out of place");
    }
    after = at + tag::all[i].size();
  }
  return after == q.completion.size() ? correct() : incorrect("text after </answer>");
}

} // namespace troupe::verify
