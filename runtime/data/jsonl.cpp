// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/jsonl.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <nlohmann/json.hpp>

namespace troupe::data {
namespace {

using nlohmann::json;

/// What is wrong with the line; an expected outcome of reading a user's file.
using refusal = std::string;

bool is_text(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string();
}

std::optional<refusal> read_messages(const json& list, std::vector<chat_message>& to) {
  if (!list.is_array() || list.empty()) {
    return "\"messages\" must be a list of at least one {\"role\",\"content\"}";
  }
  for (const auto& one : list) {
    if (!one.is_object() || !is_text(one, "role") || !is_text(one, "content")) {
      return "\"messages\" must hold objects with the strings \"role\" and \"content\"";
    }
    to.push_back({one["role"].get<std::string>(), one["content"].get<std::string>()});
  }
  return std::nullopt;
}

std::optional<refusal> read_question(const json& object, jsonl_problem& to) {
  const char* key = object.contains("prompt") ? "prompt" : "question";
  const bool has_text = object.contains(key);
  if (has_text == object.contains("messages")) {
    return has_text ? "\"prompt\" and \"messages\" exclude each other" : "neither \"prompt\" nor \"messages\"";
  }
  if (!has_text) {
    return read_messages(object["messages"], to.messages);
  }
  if (!is_text(object, key) || object[key].get_ref<const std::string&>().empty()) {
    return "\"" + std::string(key) + "\" must be a string that is not empty";
  }
  to.text = object[key].get<std::string>();
  return std::nullopt;
}

std::optional<refusal> read_problem(std::string_view text, jsonl_problem& to) {
  const json object = json::parse(text, nullptr, false);
  if (object.is_discarded()) {
    return "not JSON";
  }
  if (!object.is_object()) {
    return "not a JSON object";
  }
  if (auto refused = read_question(object, to)) {
    return refused;
  }
  if (!object.contains("answer") || !(object["answer"].is_string() || object["answer"].is_number())) {
    return "\"answer\" must be a string or a number";
  }
  to.answer = object["answer"].is_string() ? object["answer"].get<std::string>() : object["answer"].dump();
  if (object.contains("completion")) {
    if (!is_text(object, "completion")) {
      return "\"completion\" must be a string";
    }
    to.completion = object["completion"].get<std::string>();
  }
  if (object.contains("metadata") && !object["metadata"].is_null()) {
    if (!object["metadata"].is_object()) {
      return "\"metadata\" must be an object";
    }
    to.metadata = object["metadata"].dump();
  }
  return std::nullopt;
}

} // namespace

line_reader::line_reader(const std::string& path) : content_(read_file(path)) {}

std::optional<line_reader::line> line_reader::next() {
  if (at_ >= content_.size()) {
    return std::nullopt;
  }
  const auto end = std::min(content_.find('\n', at_), content_.size());
  std::string_view text(content_.data() + at_, end - at_);
  if (!text.empty() && text.back() == '\r') {
    text.remove_suffix(1);
  }
  at_ = end + 1;
  return line{++number_, text};
}

jsonl_problems read_problems(const std::string& path, bool skip_bad_lines) {
  jsonl_problems read;
  line_reader lines(path);
  while (const auto line = lines.next()) {
    if (line->text.find_first_not_of(" \t") == std::string_view::npos) {
      continue;
    }
    jsonl_problem one;
    one.line = line->number;
    const auto refused = read_problem(line->text, one);
    if (!refused) {
      read.problems.push_back(std::move(one));
      continue;
    }
    const auto where = path + ":" + std::to_string(line->number) + ": " + *refused;
    if (!skip_bad_lines) {
      throw error(errc::invalid,
                  where +
                      "; mend the line, or set skip_bad_lines: true (troupe eval: --skip-bad-lines) to count and skip "
                      "such lines");
    }
    ++read.skipped;
    if (read.skipped_because.size() < 10) {
      read.skipped_because.push_back(where);
    }
  }
  if (read.problems.empty()) {
    throw error(errc::invalid, path + ": no prompt in the file (" + std::to_string(read.skipped) +
                                   " lines skipped); each line must be {\"prompt\",\"answer\"} or "
                                   "{\"messages\",\"answer\"}");
  }
  return read;
}

} // namespace troupe::data
