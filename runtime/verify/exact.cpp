// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/answer_text.hpp"
#include "runtime/verify/rule_judge.hpp"

namespace troupe::verify {

finding judge_exact(const question& q, std::uint64_t /*seed*/) {
  const auto answer = answer_of(q.completion);
  if (!answer) {
    return incorrect("no <answer>..</answer>");
  }
  const auto wanted = trimmed(q.asked->answer);
  return *answer == wanted ? correct() : incorrect("answered " + std::string(*answer) + ", not " + std::string(wanted));
}

} // namespace troupe::verify
