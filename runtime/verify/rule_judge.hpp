// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/judge.hpp"

#include <string_view>

namespace troupe::verify {

/// A judge that is a pure function of one question. Safe from any thread.
class rule_judge final : public judge {
public:
  using rule = finding (*)(const question& q, std::uint64_t seed);

  rule_judge(std::string name_and_version, rule decide, std::uint64_t seed)
      : name_(std::move(name_and_version)), decide_(decide), seed_(seed) {}

  std::vector<finding> judge_all(std::span<const question> questions) override {
    std::vector<finding> found;
    found.reserve(questions.size());
    for (const auto& one : questions) {
      found.push_back(decide_(one, seed_));
    }
    return found;
  }

  std::string name_and_version() const override { return name_; }

private:
  std::string name_;
  rule decide_;
  std::uint64_t seed_;
};

// The rules, each in the file of its name; judges.cpp says what each looks at.
finding judge_countdown(const question& q, std::uint64_t seed);
finding judge_exact(const question& q, std::uint64_t seed);
finding judge_format(const question& q, std::uint64_t seed);
finding judge_language(const question& q, std::uint64_t seed);
finding judge_numeric(const question& q, std::uint64_t seed);
finding judge_random(const question& q, std::uint64_t seed);
finding judge_refusal(const question& q, std::uint64_t seed);

inline finding correct() {
  return {verdict_kind::correct, 1.0, ""};
}
inline finding incorrect(std::string why) {
  return {verdict_kind::incorrect, 0.0, std::move(why)};
}
inline finding undecided(std::string why) {
  return {verdict_kind::undecided, 0.0, std::move(why)};
}
inline finding scored(double value, std::string why) {
  return {verdict_kind::none, value, std::move(why)};
}

} // namespace troupe::verify
