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
  const char* version; ///< raised when the rule changes: it is stored with every judgement
  rule_judge::rule decide;
  bool decides; ///< its verdict counts for the sample's unless the recipe says otherwise
  const char* about;
};

/// One line a verifier, sorted by name; its rule is in the file of its name, declared in rule_judge.hpp.
constexpr entry entries[] = {
    {"countdown", "1", judge_countdown, true, "1 if all `metadata.numbers`, each once, make `metadata.target`"},
    {"exact", "1", judge_exact, true, "1 if the last `<answer>..</answer>` holds the reference answer"},
    {"format", "1", judge_format, false, "1 if it is exactly `<think>..</think><answer>..</answer>`"},
    {"language", "1", judge_language, false, "share of known words that are in `metadata.language` (`en`, `de`)"},
    {"numeric", "1", judge_numeric, true, "as `exact`, but of decimal numbers: `1,458.0` is `01458`"},
    {"random", "1", judge_random, false, "0 or 1 by a hash of seed and id: the control that teaches nothing"},
    {"refusal", "1", judge_refusal, true, "1 if it is `metadata.refusal` just when `metadata.must_decline`"},
};

const entry* find(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(entries), std::end(entries), [&](const entry& one) { return one.name == name; });
  return found == std::end(entries) ? nullptr : found;
}

} // namespace

const std::vector<judge_description>& judges() {
  static const std::vector<judge_description> described = [] {
    std::vector<judge_description> all;
    for (const auto& one : entries) {
      all.push_back({one.name, one.about, one.decides});
    }
    return all;
  }();
  return described;
}

const std::vector<std::string>& judge_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& one : judges()) {
      all.push_back(one.name);
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
  return std::make_unique<rule_judge>(std::string{known->name} + "/" + known->version, known->decide, opts.seed);
}

} // namespace troupe::verify
