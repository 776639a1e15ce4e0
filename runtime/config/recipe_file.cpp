// SPDX-License-Identifier: Apache-2.0
#include "runtime/check.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe_reader.hpp"
#include "runtime/config/recipe_schema.hpp"
#include "runtime/config/value_keys.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <filesystem>

namespace troupe::config {
namespace {

struct opened {
  std::string name; ///< by default of the recipe
  std::string file; ///< as messages call it
  std::string yaml;
};

opened open_recipe(const std::string& source) {
  for (const auto& one : embedded_recipes()) {
    if (one.name == source) {
      return {one.name, "embedded:" + one.name, one.yaml};
    }
  }
  if (!std::filesystem::is_regular_file(source)) {
    std::vector<std::string> names;
    for (const auto& one : embedded_recipes()) {
      names.push_back(one.name);
    }
    throw error(errc::not_found, source + ": neither a file nor an embedded recipe; " + suggestion(source, names));
  }
  return {std::filesystem::path(source).stem().string(), source, data::read_file(source)};
}

/// `only: [names]` keeps these stages of the recipe that is extended.
void keep_only(node& document, const node& only) {
  auto* stages = document.find("stages");
  TROUPE_CHECK(stages != nullptr);
  std::vector<node> kept;
  std::vector<std::string> known;
  for (const auto& stage : stages->items) {
    if (const auto* name = stage.find("name")) {
      known.push_back(name->text);
    }
  }
  for (const auto& wanted : read_texts(only, "only")) {
    const auto found = std::find(known.begin(), known.end(), wanted);
    if (found == known.end()) {
      refuse(only.where, "only", "no stage is called " + yaml_text(wanted) + "; " + suggestion(wanted, known));
    }
    kept.push_back(stages->items[static_cast<std::size_t>(found - known.begin())]);
  }
  stages->items = std::move(kept);
}

/// The tree of a recipe with what it extends already in it.
node read_tree(const opened& from, int depth) {
  auto document = parse_document(from.yaml, from.file);
  const auto* base = document.find("extends");
  if (base == nullptr) {
    return document;
  }
  for (const auto& [name, value] : document.entries) {
    constexpr const char* allowed[] = {"extends", "set", "only", "name"};
    if (std::find(std::begin(allowed), std::end(allowed), name) == std::end(allowed)) {
      refuse(value.where, name, "stands beside extends; put it under `set:` with its full path");
    }
  }
  if (depth >= 8) {
    refuse(base->where, "extends", "goes through more than 8 recipes; does one extend itself?");
  }
  auto whole = read_tree(open_recipe(read_text(*base, "extends")), depth + 1);
  if (const auto* only = document.find("only")) {
    keep_only(whole, *only);
  }
  if (const auto* set = document.find("set")) {
    if (set->is != node::shape::map) {
      refuse(set->where, "set", "must be a map of paths and values");
    }
    for (const auto& [path, value] : set->entries) {
      assign(whole, path, value);
    }
  }
  node name;
  name.is = node::shape::scalar;
  name.text = from.name;
  name.where = base->where;
  assign(whole, "name", document.find("name") != nullptr ? *document.find("name") : name);
  return whole;
}

} // namespace

recipe load_recipe(const std::string& source, const std::vector<std::string>& overrides) {
  const auto from = open_recipe(source);
  auto document = read_tree(from, 0);
  for (const auto& one : overrides) {
    const auto where = "--set " + one;
    const auto equals = one.find('=');
    if (equals == std::string::npos) {
      refuse(where, "", "has no value; write key=value");
    }
    assign(document, one.substr(0, equals), parse_value(one.substr(equals + 1), where));
  }
  auto placed = read_recipe(document, from.file);
  if (placed.r.name.empty()) {
    placed.r.name = from.name;
  }
  check_recipe(placed);
  return placed.r;
}

const task_spec& recipe::task(std::string_view wanted) const {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const task_spec& one) { return one.name == wanted; });
  TROUPE_CHECK(found != tasks.end(), "task ", wanted);
  return *found;
}

const stage_spec& recipe::stage(std::string_view wanted) const {
  const auto found =
      std::find_if(stages.begin(), stages.end(), [&](const stage_spec& one) { return one.name == wanted; });
  TROUPE_CHECK(found != stages.end(), "stage ", wanted);
  return *found;
}

} // namespace troupe::config
