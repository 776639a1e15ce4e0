// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/endpoint.hpp"
#include "runtime/wire/message.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::config {

/// A process that is one of a learner's ranks.
struct rank_member {
  std::string name;
  wire::endpoint address; ///< where rank 0 asks it
};

/// What one process of a distributed run is told: one schema for all roles. docs/node.md describes every key.
struct node_config {
  std::string name;   ///< of the member and of its keys: generator-0
  std::string run;    ///< the run's folder: controller, buffer, learner
  std::string recipe; ///< a name or a file
  std::string keys;   ///< the folder of `troupe keygen`; empty: no TLS and no CURVE, on loopback alone
  wire::endpoint control_listen{"127.0.0.1", 7400};
  wire::endpoint control_address{"127.0.0.1", 7400};
  wire::endpoint buffer_listen{"127.0.0.1", 7401};
  wire::endpoint buffer_address{"127.0.0.1", 7401};
  wire::endpoint weights_listen{"127.0.0.1", 7402};
  wire::endpoint weights_address{"127.0.0.1", 7402};
  std::vector<rank_member> ranks_members;         ///< ranks 1, 2, ... of the learner; empty: they are in its process
  wire::endpoint ranks_listen{"127.0.0.1", 7403}; ///< of such a rank
  std::string ranks_host = "127.0.0.1";           ///< of any rank
  wire::endpoint http_listen{"127.0.0.1", 0};     ///< not given: no port
  wire::endpoint admin_listen{"127.0.0.1", 0};    ///< controller and buffer; not given: no port
  double heartbeat_s = 1;
  double member_timeout_s = 5;
  double join_s = 60;
  double drain_s = 30;

  std::string file;                          ///< as messages call it
  std::map<std::string, std::string> origin; ///< "control.listen" to "node.yaml:4" or "environment TROUPE_..."

  /// Where a key's value comes from: origin, or "default".
  std::string origin_of(const std::string& key) const;
  /// Which rank of the learner the process of this name is; 0, the learner itself, where `ranks.members` has it not.
  std::size_t rank_of(const std::string& member) const;
};

/// Looks up a variable; nothing when it is not set.
using environment = std::function<std::optional<std::string>(const std::string& name)>;
environment process_environment();

/// "control.listen" to "TROUPE_CONTROL_LISTEN".
std::string variable_of(const std::string& key);

/// Reads a file and the variables that override it. Throws error(not_found), or error(invalid) "FILE:LINE: key: what"
/// or "environment TROUPE_X: key: what".
node_config load_node_config(const std::string& file, const environment& variables = process_environment());

/// Refuses what contradicts itself; with a role, what this role needs and has not, and only addresses that this role
/// uses. The one place that refuses an address off loopback without keys.
void check_node_config(const node_config& config, std::optional<wire::role> role = std::nullopt);

/// The role of a process by its word: controller, buffer, learner, generator or verifier. Throws error(invalid).
wire::role parse_node_role(const std::string& word);

struct show_options {
  bool resolved = false; ///< with the defaults
  bool origin = false;   ///< with a comment that says where each value comes from
};
/// YAML that reads back as the same configuration.
std::string to_yaml(const node_config& config, const show_options& options);

/// The reference of every key, as `docs/node.md` has it.
std::string node_reference();

} // namespace troupe::config
