// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/recipe_schema.hpp"

namespace troupe::config {
namespace {

template <class T>
std::string block(const T& of, const std::vector<key<T>>& table, const std::string& indent,
                  stage_set stages = every_stage) {
  std::string text;
  for (const auto& row : table) {
    if (!row.hidden && (row.stages & stages) != 0) {
      text += indent + row.name + ": " + row.write(of) + "\n";
    }
  }
  return text;
}

template <class T>
std::string inline_map(const T& of, const std::vector<key<T>>& table) {
  std::string text;
  for (const auto& row : table) {
    const auto value = row.write(of);
    if (value != "\"\"") {
      text += (text.empty() ? "" : ", ") + row.name + ": " + value;
    }
  }
  return "{" + text + "}";
}

} // namespace

std::string to_yaml(const recipe& r) {
  std::string text = block(r, recipe_keys(), "");
  text += "retention: " + inline_map(r.retention, retention_keys()) + "\n";
  text += r.model.path.empty() ? "model:\n" + block(r.model, model_keys(), "  ")
                               : "model:\n  path: " + yaml_text(r.model.path) + "\n"; // the folder says the rest
  text += "tasks:\n";
  for (const auto& one : r.tasks) {
    text += "  " + one.name + ":\n" + block(one, task_keys(), "    ");
    for (const auto& [name, value] : one.parameters) {
      text += "    " + name + ": " + number_text(value) + "\n";
    }
  }
  text += "stages:\n";
  for (const auto& stage : r.stages) {
    text += "  - name: " + yaml_text(stage.name) + "\n    type: " + to_string(stage.type) + "\n    data:\n";
    for (const auto& part : stage.data) {
      text += "      - " + inline_map(part, mixture_keys()) + "\n";
    }
    text += "    rewards:\n";
    for (const auto& one : stage.rewards) {
      text += "      - " + inline_map(one, reward_keys()) + "\n";
    }
    text += "    retention: " + inline_map(stage.retention, retention_keys()) + "\n";
    text += block(stage, stage_keys(), "    ", in(stage.type));
  }
  return text;
}

} // namespace troupe::config
