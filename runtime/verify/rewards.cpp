// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/rewards.hpp"

#include "runtime/check.hpp"
#include "runtime/rollout/group_machine.hpp"

#include <algorithm>

namespace troupe::verify {
namespace {

bool applies(const reward_options& opts, const question& q) {
  return opts.tasks.empty() || std::find(opts.tasks.begin(), opts.tasks.end(), q.asked->task) != opts.tasks.end();
}

} // namespace

rewards::rewards(std::vector<reward_options> parts) {
  for (auto& opts : parts) {
    auto decide = make_judge(opts.judge);
    parts_.push_back({std::move(opts), std::move(decide)});
  }
}

std::vector<judgement> rewards::judge_all(std::span<const question> questions) {
  std::vector<std::vector<reward_part>> found(questions.size());
  for (auto& one : parts_) {
    std::vector<question> asked;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (applies(one.opts, questions[i])) {
        asked.push_back(questions[i]);
        whose.push_back(i);
      }
    }
    if (asked.empty()) {
      continue;
    }
    auto findings = one.decide->judge_all(asked);
    TROUPE_CHECK(findings.size() == asked.size(), findings.size(), " findings for ", asked.size());
    for (std::size_t i = 0; i < findings.size(); ++i) {
      const bool shown = one.opts.decides || findings[i].verdict == verdict_kind::undecided;
      found[whose[i]].push_back({one.opts.name, findings[i].value, one.opts.weight,
                                 shown ? findings[i].verdict : verdict_kind::none, std::move(findings[i].reason)});
    }
  }
  std::vector<judgement> judged;
  judged.reserve(questions.size());
  for (auto& parts : found) {
    judged.push_back(rollout::judge_from_parts(std::move(parts)));
  }
  return judged;
}

std::vector<std::string> rewards::names_and_versions() const {
  std::vector<std::string> names;
  for (const auto& one : parts_) {
    names.push_back(one.decide->name_and_version());
  }
  return names;
}

} // namespace troupe::verify
