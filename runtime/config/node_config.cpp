// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/node_config.hpp"

#include "runtime/config/node_schema.hpp"
#include "runtime/config/value_keys.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace troupe::config {
namespace {

[[noreturn]] void refuse_unknown(const node& value, const std::string& path, const std::string& name,
                                 const std::vector<std::string>& known) {
  const auto near = nearest(name, known);
  refuse(value.where, path,
         "no such key; " + (near.empty() ? "docs/node.md lists them all" : "did you mean " + near + "?"));
}

/// Refuses what the table does not know; `section` is empty at the top level.
void require_known(const node& map, const std::string& section) {
  std::vector<std::string> known;
  std::vector<std::string> sections;
  std::vector<std::string> paths;
  for (const auto& one : node_keys()) {
    const auto [above, name] = parts_of(one.row.name);
    if (above == section) {
      known.push_back(name);
    } else if (section.empty() && std::find(sections.begin(), sections.end(), above) == sections.end()) {
      sections.push_back(above);
    }
    paths.push_back(one.row.name);
  }
  for (const auto& [name, value] : map.entries) {
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    if (std::find(sections.begin(), sections.end(), name) != sections.end()) {
      if (value.is != node::shape::map && value.is != node::shape::none) {
        refuse(value.where, name, "must be a map; docs/node.md lists its keys");
      }
      require_known(value, name);
      continue;
    }
    const auto path = section.empty() ? name : section + "." + name;
    if (std::find(paths.begin(), paths.end(), path) != paths.end()) { // a dotted key, as one word
      const auto [above, below] = parts_of(path);
      refuse(value.where, path, "is two words in YAML; write " + above + ": {" + below + ": ...}");
    }
    auto candidates = known;
    candidates.insert(candidates.end(), sections.begin(), sections.end());
    if (section.empty()) {
      candidates.insert(candidates.end(), paths.begin(), paths.end());
    }
    refuse_unknown(value, path, name, candidates);
  }
}

const node* find_value(const node& document, const std::string& key) {
  const auto [section, name] = parts_of(key);
  const auto* map = section.empty() ? &document : document.find(section);
  return map == nullptr ? nullptr : map->find(name);
}

} // namespace

std::string node_config::origin_of(const std::string& key) const {
  const auto found = origin.find(key);
  return found == origin.end() ? "default" : found->second;
}

std::size_t node_config::rank_of(const std::string& member) const {
  const auto it = std::find_if(ranks_members.begin(), ranks_members.end(),
                               [&](const rank_member& one) { return one.name == member; });
  return it == ranks_members.end() ? 0 : static_cast<std::size_t>(it - ranks_members.begin()) + 1;
}

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::string variable_of(const std::string& key) {
  std::string name = "TROUPE_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

node_config load_node_config(const std::string& file, const environment& variables) {
  const auto document = parse_document(data::read_file(file), file);
  if (document.is != node::shape::map && document.is != node::shape::none) {
    refuse(file, "", "holds no configuration; write keys and values, docs/node.md lists them all");
  }
  require_known(document, "");
  node_config to;
  to.file = file;
  for (const auto& one : node_keys()) {
    const auto& key = one.row.name;
    const auto variable = variable_of(key);
    node value;
    if (const auto text = variables(variable)) {
      value.is = node::shape::scalar;
      value.text = *text;
      value.where = "environment " + variable;
    } else if (const auto* written = find_value(document, key)) {
      value = *written;
    } else {
      continue;
    }
    one.row.read(to, value, key);
    to.origin[key] = value.where;
  }
  if (to.recipe.empty() && !to.run.empty()) {
    to.recipe = to.run + "/recipe.yaml";
    to.origin.erase("recipe");
  }
  return to;
}

wire::role parse_node_role(const std::string& word) {
  std::vector<std::string> names;
  for (const auto role : node_roles()) {
    names.push_back(wire::to_string(role));
    if (names.back() == word) {
      return role;
    }
  }
  throw error{errc::invalid, "no process has the role " + yaml_text(word) + "; " + suggestion(word, names)};
}

} // namespace troupe::config
