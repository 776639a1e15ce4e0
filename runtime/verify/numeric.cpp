// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/answer_text.hpp"
#include "runtime/verify/rule_judge.hpp"

namespace troupe::verify {

finding judge_numeric(const question& q, std::uint64_t /*seed*/) {
  const auto wanted = canonical_number(q.asked->answer);
  if (!wanted) {
    return undecided("the reference answer \"" + q.asked->answer + "\" is not a decimal number");
  }
  const auto answer = answer_of(q.completion);
  if (!answer) {
    return incorrect("no <answer>..</answer>");
  }
  const auto given = canonical_number(*answer);
  if (!given) {
    return incorrect("answered \"" + std::string(*answer) + "\", which is not a decimal number");
  }
  return *given == *wanted ? correct() : incorrect("answered " + *given + ", not " + *wanted);
}

} // namespace troupe::verify
