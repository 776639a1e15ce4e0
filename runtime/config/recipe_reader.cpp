// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/recipe_reader.hpp"

#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe_schema.hpp"
#include "runtime/config/value_keys.hpp"
#include "runtime/task/sources.hpp"

#include <algorithm>
#include <filesystem>

namespace troupe::config {
namespace {

using places = std::map<std::string, std::string>;

void require_map(const node& from, const std::string& path) {
  if (from.is != node::shape::map) {
    refuse(from.where, path, "must be a map of keys and values");
  }
}

void require_name(const std::string& name, const std::string& where, const std::string& path) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name.empty() || name.find_first_not_of(allowed) != std::string::npos) {
    refuse(where, path, "is " + yaml_text(name) + "; a name is made of letters, digits, _ and -");
  }
}

template <class T>
const key<T>* find_key(const std::vector<key<T>>& table, const std::string& name, stage_set stages) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const key<T>& one) { return one.name == name && (one.stages & stages) != 0; });
  return found == table.end() ? nullptr : &*found;
}

template <class T>
std::vector<std::string> key_names(const std::vector<key<T>>& table, stage_set stages,
                                   std::vector<std::string> beside) {
  for (const auto& one : table) {
    if ((one.stages & stages) != 0) {
      beside.push_back(one.name);
    }
  }
  return beside;
}

/// Reads each entry by its row of the table, in the table's order, so that a row may look at those above it. Entries
/// named in `beside` are read by the caller.
template <class T>
void read_keys(T& to, const node& from, const std::string& path, const std::vector<key<T>>& table, places& where,
               const std::vector<std::string>& beside = {}, stage_set stages = every_stage) {
  require_map(from, path);
  const auto prefix = path.empty() ? "" : path + ".";
  for (const auto& [name, value] : from.entries) {
    where[prefix + name] = value.where;
    const bool known =
        find_key(table, name, stages) != nullptr || std::find(beside.begin(), beside.end(), name) != beside.end();
    if (known) {
      continue;
    }
    if (const auto* elsewhere = find_key(table, name, every_stage)) {
      refuse(value.where, prefix + name,
             "not a key of this type of stage; it belongs to " + types_in_words(elsewhere->stages));
    }
    refuse(value.where, prefix + name, about_unknown(name, key_names(table, stages, beside)));
  }
  for (const auto& row : table) {
    if (const auto* value = from.find(row.name); value != nullptr && (row.stages & stages) != 0) {
      row.read(to, *value, prefix + row.name);
    }
  }
}

task_spec read_task(const std::string& name, const node& from, places& where) {
  const auto path = "tasks." + name;
  require_name(name, from.where, path);
  require_map(from, path);
  task_spec to;
  to.name = name;
  if (from.find("path") == nullptr) {
    to.kind = from.find("kind") != nullptr ? read_text(*from.find("kind"), path + ".kind") : name;
  } else if (const auto* kind = from.find("kind"); kind != nullptr && !read_text(*kind, path + ".kind").empty() &&
                                                   !read_text(*from.find("path"), path + ".path").empty()) {
    refuse(kind->where, path + ".kind", "excludes path; a task is made by a generator or read from a file");
  }
  std::vector<std::string> names;
  std::vector<task::parameter> taken;
  for (const auto& one : task::kinds()) {
    names.push_back(one.name);
    const auto chosen = from.find("kind") != nullptr ? read_text(*from.find("kind"), path + ".kind") : to.kind;
    if (one.name == chosen) {
      taken = one.parameters;
    }
  }
  std::vector<std::string> beside;
  for (const auto& one : taken) {
    beside.push_back(one.name);
  }
  read_keys(to, from, path, task_keys(), where, beside);
  if (to.path.empty() && std::find(names.begin(), names.end(), to.kind) == names.end()) {
    refuse(from.find("kind") != nullptr ? from.find("kind")->where : from.where, path + ".kind",
           "no generator is called " + yaml_text(to.kind) + "; " + suggestion(to.kind, names) + " (or give a path)");
  }
  if (!to.path.empty()) {
    to.path = std::filesystem::absolute(to.path).lexically_normal().string();
  }
  for (const auto& one : taken) {
    double value = one.value;
    if (const auto* given = from.find(one.name)) {
      value = read_real(*given, path + "." + one.name);
      require_in({one.low, one.high}, value, *given, path + "." + one.name);
    }
    to.parameters.emplace_back(one.name, value);
  }
  return to;
}

mixture_part read_part(const node& from, const std::string& path, places& where) {
  mixture_part to;
  if (from.is == node::shape::scalar) {
    to.task = from.text;
    where[path] = from.where;
    return to;
  }
  read_keys(to, from, path, mixture_keys(), where);
  return to;
}

reward_spec read_reward(const node& from, const std::string& path, places& where) {
  reward_spec to;
  if (from.is == node::shape::scalar) {
    reward_keys()[1].read(to, from, path); // its verifier, and every default
    where[path] = from.where;
  } else {
    read_keys(to, from, path, reward_keys(), where);
  }
  if (to.verifier.empty() && to.command.empty() && to.url.empty()) {
    refuse(from.where, path, "has no verifier; name one, or give your own as {command: [...]} or {url: ...}");
  }
  to.name = reward_name(to);
  if (from.find("decides") == nullptr) {
    to.decides = decides_by_default(to);
  }
  return to;
}

/// Each element of a list (a lone one is a list of one), with its path "stages.NAME.data[0]".
template <class Read>
auto read_list(const node& from, const std::string& path, places& where, Read read) {
  std::vector<decltype(read(from, path, where))> to;
  if (from.is != node::shape::list) {
    to.push_back(read(from, path, where));
    return to;
  }
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    to.push_back(read(from.items[i], path + "[" + std::to_string(i) + "]", where));
  }
  return to;
}

int line_of(const std::string& where) {
  const auto colon = where.rfind(':');
  const bool number = colon != std::string::npos && colon + 1 < where.size() &&
                      where.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return number ? std::stoi(where.substr(colon + 1)) : 0;
}

stage_spec read_stage(const node& from, std::size_t position, places& where) {
  const auto unnamed = "stages[" + std::to_string(position) + "]";
  require_map(from, unnamed);
  stage_spec to;
  if (from.find("name") == nullptr) {
    refuse(from.where, unnamed, "has no name; give it one");
  }
  to.name = read_text(*from.find("name"), unnamed + ".name");
  require_name(to.name, from.find("name")->where, unnamed + ".name");
  to.line = line_of(from.where);
  const auto path = "stages." + to.name;
  where[path] = from.where;
  if (from.find("type") == nullptr) {
    refuse(from.where, path, "has no type; it must be one of " + types_in_words(every_stage));
  }
  choice("type", &stage_spec::type,
         std::vector<std::pair<std::string, stage_type>>(stage_types.begin(), stage_types.end()), "")
      .read(to, *from.find("type"), path + ".type");
  if (to.type == stage_type::grpo && from.find("train_batch_size") != nullptr &&
      from.find("groups_per_batch") != nullptr) {
    refuse(from.find("train_batch_size")->where, path + ".train_batch_size",
           "and groups_per_batch say the same in samples and in prompts; give one of the two");
  }
  read_keys(to, from, path, stage_keys(), where, {"name", "type", "data", "rewards", "retention"}, in(to.type));
  if (const auto* retention = from.find("retention")) {
    read_keys(to.retention, *retention, path + ".retention", retention_keys(), where);
  }
  if (from.find("epsilon_high") == nullptr) {
    to.epsilon_high = to.epsilon;
  }
  if (const auto* data = from.find("data")) {
    to.data = read_list(*data, path + ".data", where, read_part);
  }
  if (const auto* rewards = from.find("rewards")) {
    to.rewards = read_list(*rewards, path + ".rewards", where, read_reward);
  } else if (to.type != stage_type::grpo) {
    reward_spec exact;
    exact.name = exact.verifier = "exact";
    exact.decides = true;
    to.rewards.push_back(exact);
  }
  return to;
}

} // namespace

std::string placed_recipe::place(const std::string& path) const {
  for (auto part = path; !part.empty();) {
    if (const auto found = where.find(part); found != where.end()) {
      return found->second;
    }
    const auto cut = part.find_last_of(".[");
    part = cut == std::string::npos ? "" : part.substr(0, cut);
  }
  return r.file;
}

placed_recipe read_recipe(const node& document, const std::string& file) {
  placed_recipe placed;
  placed.r.file = file;
  auto& where = placed.where;
  if (document.is != node::shape::map) {
    refuse(file, "", "holds no recipe; `troupe recipe show r1-tiny` prints one to start from");
  }
  read_keys(placed.r, document, "", recipe_keys(), where, {"retention", "model", "tasks", "stages"});
  if (const auto* retention = document.find("retention")) {
    read_keys(placed.r.retention, *retention, "retention", retention_keys(), where);
  }
  if (const auto* model = document.find("model")) {
    read_keys(placed.r.model, *model, "model", model_keys(), where);
    if (!placed.r.model.path.empty()) {
      for (const auto& [name, value] : model->entries) {
        if (name != "path") {
          refuse(value.where, "model." + name, "stands beside model.path, whose folder says it; give one of the two");
        }
      }
      placed.r.model.path = std::filesystem::absolute(placed.r.model.path).lexically_normal().string();
    }
  }
  if (const auto* tasks = document.find("tasks")) {
    require_map(*tasks, "tasks");
    for (const auto& [name, value] : tasks->entries) {
      placed.r.tasks.push_back(read_task(name, value, where));
    }
  }
  if (const auto* stages = document.find("stages")) {
    if (stages->is != node::shape::list) {
      refuse(stages->where, "stages", "must be a list, each with a name and a type");
    }
    for (std::size_t i = 0; i < stages->items.size(); ++i) {
      auto stage = read_stage(stages->items[i], i, where);
      const auto twin = std::find_if(placed.r.stages.begin(), placed.r.stages.end(),
                                     [&](const stage_spec& one) { return one.name == stage.name; });
      if (twin != placed.r.stages.end()) {
        refuse(stages->items[i].where, "stages." + stage.name,
               "is the name of two stages; rename one (the first is in line " + std::to_string(twin->line) + ")");
      }
      placed.r.stages.push_back(std::move(stage));
    }
  }
  return placed;
}

} // namespace troupe::config
