// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/judges.hpp"

#include "runtime/error.hpp"
#include "runtime/verify/rule_judge.hpp"
#include "runtime/verify/user_command.hpp"
#include "runtime/verify/user_url.hpp"

#include <algorithm>

namespace troupe::verify {
namespace {

struct entry {
  const char* name;
  const char* name_and_version;
  rule_judge::rule decide;
  bool decides;
};

constexpr entry entries[] = {
    {"countdown", "countdown/1", judge_countdown, true}, {"exact", "exact/1", judge_exact, true},
    {"format", "format/1", judge_format, false},         {"language", "language/1", judge_language, false},
    {"numeric", "numeric/1", judge_numeric, true},       {"random", "random/1", judge_random, false},
    {"refusal", "refusal/1", judge_refusal, true},
};

const entry* find(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(entries), std::end(entries), [&](const entry& one) { return one.name == name; });
  return found == std::end(entries) ? nullptr : found;
}

} // namespace

const std::vector<std::string>& judge_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& one : entries) {
      all.emplace_back(one.name);
    }
    return all;
  }();
  return names;
}

bool decides_by_default(std::string_view verifier) {
  const auto* known = find(verifier);
  return known != nullptr && known->decides;
}

std::unique_ptr<judge> make_judge(const judge_options& opts) {
  const int given = (opts.verifier.empty() ? 0 : 1) + (opts.command.empty() ? 0 : 1) + (opts.url.empty() ? 0 : 1);
  if (given != 1) {
    throw error(errc::invalid,
                "a verifier needs exactly one of a name, a command and a url; " + std::to_string(given) + " are given");
  }
  if (!opts.command.empty()) {
    return std::make_unique<user_command>(user_command::options{opts.command, opts.timeout_s});
  }
  if (!opts.url.empty()) {
    return std::make_unique<user_url>(user_url::options{opts.url, opts.timeout_s});
  }
  const auto* known = find(opts.verifier);
  if (known == nullptr) {
    std::string names;
    for (const auto& one : judge_names()) {
      names += (names.empty() ? "" : ", ") + one;
    }
    throw error(errc::invalid, "no verifier is called " + opts.verifier + "; choose one of " + names +
                                   ", or give your own as a command or a url");
  }
  return std::make_unique<rule_judge>(known->name_and_version, known->decide, opts.seed);
}

} // namespace troupe::verify
