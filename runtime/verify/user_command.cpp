// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/user_command.hpp"

#include "runtime/error.hpp"
#include "runtime/verify/question_line.hpp"
#include "runtime/verify/rule_judge.hpp"

#include <sstream>

namespace troupe::verify {

std::string user_command::name_and_version() const {
  std::string name = "command:";
  for (const auto& word : opts_.command) {
    name += (name.back() == ':' ? "" : " ") + word;
  }
  return name;
}

bool user_command::converse(std::span<const question> questions, std::vector<finding>& found) {
  if (!process_) {
    try {
      process_ = std::make_unique<child_process>(opts_.command);
    } catch (const error& failed) {
      found.push_back(undecided(failed.what()));
      return false;
    }
  }
  std::string lines;
  for (const auto& one : questions) {
    lines += question_line(one);
  }
  std::string_view unsent = lines;
  const auto limit = std::chrono::microseconds(static_cast<std::int64_t>(opts_.timeout_s * 1e6));
  for (const auto& one : questions) {
    std::string line;
    const auto got = process_->exchange(unsent, line, std::chrono::steady_clock::now() + limit);
    if (got == child_process::outcome::late) {
      std::ostringstream seconds;
      seconds << opts_.timeout_s;
      found.push_back(undecided("timeout: the verifier gave no answer within " + seconds.str() +
                                " s; it was stopped (does it flush its output?)"));
      process_.reset();
      return false;
    }
    if (got == child_process::outcome::ended) {
      found.push_back(undecided("the verifier ended before it answered: " + process_->last_words()));
      process_.reset();
      return false;
    }
    found.push_back(read_finding(line, one.id));
  }
  return true;
}

std::vector<finding> user_command::judge_all(std::span<const question> questions) {
  constexpr int most_failures = 3;
  std::vector<finding> found;
  found.reserve(questions.size());
  while (found.size() < questions.size()) {
    const auto before = found.size();
    if (converse(questions.subspan(before), found)) {
      failures_ = 0;
      break;
    }
    failures_ = found.size() > before + 1 ? 1 : failures_ + 1;
    if (failures_ >= most_failures) {
      found.resize(questions.size(),
                   undecided("not asked: the verifier failed three times in a row, last: " + found.back().reason));
    }
  }
  return found;
}

} // namespace troupe::verify
