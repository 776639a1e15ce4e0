// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/rule_judge.hpp"

#include <string>

/// Rules asked without a judge.
namespace troupe::verify {

inline constexpr auto yes = verdict_kind::correct;
inline constexpr auto no = verdict_kind::incorrect;

inline finding ask(rule_judge::rule rule, const std::string& completion, const std::string& answer,
                   const std::string& metadata = "", const std::string& id = "1t0/0", std::uint64_t seed = 0) {
  prompt asked;
  asked.answer = answer;
  asked.metadata = metadata;
  return rule({&asked, completion, id}, seed);
}

inline std::string answered(const std::string& text) {
  return "<think>x</think><answer>" + text + "</answer>";
}

} // namespace troupe::verify
