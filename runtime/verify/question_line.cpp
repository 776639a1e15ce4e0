// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/question_line.hpp"

#include "runtime/verify/rule_judge.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace troupe::verify {

using nlohmann::json;

std::string question_line(const question& q) {
  json line = {{"id", q.id}, {"prompt", q.asked->text}, {"completion", q.completion}, {"answer", q.asked->answer}};
  if (!q.asked->task.empty()) {
    line["task"] = q.asked->task;
  }
  if (!q.asked->messages.empty()) {
    for (const auto& message : q.asked->messages) {
      line["messages"].push_back({{"role", message.role}, {"content", message.content}});
    }
  }
  if (auto metadata = json::parse(q.asked->metadata, nullptr, false); metadata.is_object()) {
    line["metadata"] = std::move(metadata);
  }
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

finding read_finding(std::string_view text, std::string_view expected_id) {
  const auto line = json::parse(text, nullptr, false);
  const auto shown = std::string(text.substr(0, 120));
  if (!line.is_object()) {
    return undecided("the verifier answered with what is no JSON object: " + shown);
  }
  const auto id = line.value("id", json());
  if (id.is_string() && id.get_ref<const std::string&>() != expected_id) {
    return undecided("the verifier answered for id " + id.get<std::string>() + " where " + std::string(expected_id) +
                     " was next; it must answer in the order of its input");
  }
  if (line.contains("error")) {
    return undecided("the verifier says: " + line["error"].dump());
  }
  finding found;
  const auto reason = line.value("reason", json());
  found.reason = reason.is_string() ? reason.get<std::string>() : "";
  const auto verdict = line.value("verdict", json());
  const auto reward = line.value("reward", json());
  if (verdict == "correct") {
    found.verdict = verdict_kind::correct;
  } else if (verdict == "incorrect") {
    found.verdict = verdict_kind::incorrect;
  } else if (verdict == "undecided") {
    return undecided(found.reason.empty() ? "the verifier could not decide" : found.reason);
  } else if (!verdict.is_null()) {
    return undecided("the verifier gave the verdict " + verdict.dump() +
                     "; it must be correct, incorrect or undecided");
  } else if (!reward.is_number()) {
    return undecided("the verifier gave neither a verdict nor a reward: " + shown);
  }
  constexpr double most = 1e9; // weighted and added up it stays a number that can be averaged
  if (!reward.is_null() && !(reward.is_number() && std::abs(reward.get<double>()) <= most)) {
    return undecided("the verifier gave the reward " + reward.dump() + "; it must be a number from -1e9 to 1e9");
  }
  found.value = reward.is_number() ? reward.get<double>() : found.verdict == verdict_kind::correct ? 1.0 : 0.0;
  return found;
}

} // namespace troupe::verify
