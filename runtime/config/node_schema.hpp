// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/node_config.hpp"
#include "runtime/config/recipe_schema.hpp"

#include <vector>

/// The one table of a node's keys. Reading, variables, checks, `config show` and docs/node.md all walk it.
namespace troupe::config {

/// Which roles read a key.
using role_set = std::uint8_t;
constexpr role_set of_role(wire::role r) {
  return static_cast<role_set>(1u << static_cast<unsigned>(r));
}

struct node_key {
  key<node_config> row; ///< its name is the whole path: "control.listen"
  role_set roles = 0;
  wire::endpoint node_config::*address = nullptr; ///< of a key that is an address
};

/// In the order they are shown; the keys of one map stand together.
const std::vector<node_key>& node_keys();

/// The roles that are processes, in the order of their first use.
const std::vector<wire::role>& node_roles();

/// "control" and "listen" of "control.listen"; the first is empty at the top level.
std::pair<std::string, std::string> parts_of(const std::string& key);

} // namespace troupe::config
