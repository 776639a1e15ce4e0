// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/document.hpp"

#include "runtime/config/nearest.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <functional>
#include <yaml-cpp/yaml.h>

namespace troupe::config {
namespace {

using locator = std::function<std::string(const YAML::Mark&)>;

/// An alias stands for all that it names, so a few lines can mean millions of values: what is converted is counted.
constexpr std::size_t values_max = 100000;

node converted(const YAML::Node& from, const locator& where, int depth, std::size_t& values) {
  node to;
  to.where = where(from.Mark());
  if (++values > values_max) {
    throw error(errc::invalid, to.where + ": more than 100000 values, aliases counted as what they stand for; a recipe "
                                          "is smaller than that");
  }
  if (depth > 32) {
    throw error(errc::invalid, to.where + ": nested more than 32 deep; flatten it");
  }
  switch (from.Type()) {
  case YAML::NodeType::Scalar:
    to.is = node::shape::scalar;
    to.text = from.Scalar();
    break;
  case YAML::NodeType::Sequence:
    to.is = node::shape::list;
    for (const auto& item : from) {
      to.items.push_back(converted(item, where, depth + 1, values));
    }
    break;
  case YAML::NodeType::Map:
    to.is = node::shape::map;
    for (const auto& entry : from) {
      const auto line = where(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        throw error(errc::invalid, line + ": a key must be a plain word");
      }
      const auto key = entry.first.Scalar();
      if (to.find(key) != nullptr) {
        throw error(errc::invalid, line + ": " + key + ": given twice in the same place; remove one");
      }
      to.entries.emplace_back(key, converted(entry.second, where, depth + 1, values));
      to.entries.back().second.where = line; // an empty value has no place of its own
    }
    break;
  case YAML::NodeType::Null:
  case YAML::NodeType::Undefined:
    break;
  }
  return to;
}

/// The names an element of a list goes by.
std::vector<std::string> names_of(const node& element) {
  std::vector<std::string> names;
  if (element.is == node::shape::scalar) {
    names.push_back(element.text);
  }
  for (const char* key : {"name", "verifier", "task", "dataset"}) {
    if (const auto* named = element.find(key); named != nullptr && named->is == node::shape::scalar) {
      names.push_back(named->text);
    }
  }
  return names;
}

node& element(node& list, const std::string& name, const std::string& so_far, const std::string& where) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto names = names_of(list.items[i]);
    if (std::find(names.begin(), names.end(), name) != names.end() || name == std::to_string(i)) {
      return list.items[i];
    }
    known.insert(known.end(), names.begin(), names.end());
  }
  refuse(where, so_far, "has no element " + name + "; " + suggestion(name, known));
}

} // namespace

const node* node::find(const std::string& key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

node* node::find(const std::string& key) {
  return const_cast<node*>(static_cast<const node*>(this)->find(key));
}

node parse_document(const std::string& yaml, const std::string& name) {
  std::size_t values = 0;
  try {
    return converted(
        YAML::Load(yaml), [&](const YAML::Mark& mark) { return name + ":" + std::to_string(mark.line + 1); }, 0,
        values);
  } catch (const YAML::Exception& wrong) {
    throw error(errc::invalid, name + ":" + std::to_string(wrong.mark.line + 1) + ": not YAML: " + wrong.msg +
                                   "; check indentation, colons and quotes there");
  }
}

node parse_value(const std::string& yaml, const std::string& where) {
  std::size_t values = 0;
  try {
    return converted(
        YAML::Load(yaml), [&](const YAML::Mark&) { return where; }, 0, values);
  } catch (const YAML::Exception& wrong) {
    throw error(errc::invalid, where + ": the value is not YAML: " + wrong.msg);
  }
}

void assign(node& root, const std::string& path, node value) {
  const auto where = value.where;
  node* at = &root;
  for (std::size_t begin = 0;;) {
    const auto end = std::min(path.find('.', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    if (part.empty()) {
      refuse(where, path, "is not a path; write names joined by dots, as in stages.reasoning_rl.learning_rate");
    }
    if (at->is == node::shape::list) {
      at = &element(*at, part, path.substr(0, begin == 0 ? 0 : begin - 1), where);
    } else if (at->is == node::shape::scalar) {
      refuse(where, path, "goes through a plain value; only maps and lists have parts");
    } else {
      at->is = node::shape::map;
      if (at->find(part) == nullptr) {
        node missing;
        missing.where = where;
        at->entries.emplace_back(part, missing);
      }
      at = at->find(part);
    }
    if (end == path.size()) {
      break;
    }
    begin = end + 1;
  }
  *at = std::move(value);
}

void refuse(const std::string& where, const std::string& key, const std::string& what) {
  throw error(errc::invalid, where + ": " + (key.empty() ? "" : key + ": ") + what);
}

} // namespace troupe::config
