// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

/// One value of a recipe's YAML tree that knows where it was written: "r1-tiny.yaml:14", or "--set key=value".
struct node {
  enum class shape { none, scalar, list, map };

  shape is = shape::none;
  std::string text; ///< of a scalar
  std::string where;
  std::vector<node> items;                           ///< of a list
  std::vector<std::pair<std::string, node>> entries; ///< of a map, in order, keys unique

  const node* find(const std::string& key) const;
  node* find(const std::string& key);
};

/// Throws error(invalid) "name:line: what; what to do" for what is not YAML, for a key given twice and for a key that
/// is not a scalar. Aliases are expanded.
node parse_document(const std::string& yaml, const std::string& name);

/// One value as it follows `key=`; every part of it comes from `where`.
node parse_value(const std::string& yaml, const std::string& where);

/// Sets the value at a path of map keys and list elements, these by their `name`, `verifier`, `task`, `dataset` or
/// position: `stages.reasoning_rl.learning_rate`. Maps on the way are made where they are missing. Throws
/// error(invalid) when a list has no such element.
void assign(node& root, const std::string& path, node value);

/// Throws error(invalid) "where: key: what".
[[noreturn]] void refuse(const std::string& where, const std::string& key, const std::string& what);

} // namespace troupe::config
