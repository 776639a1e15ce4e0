// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/document.hpp"
#include "runtime/config/node_schema.hpp"

namespace troupe::config {
namespace {

/// Where a message points: the line or variable of a value, the file for a default.
std::string place(const node_config& config, const std::string& key) {
  const auto origin = config.origin_of(key);
  return origin == "default" ? config.file : origin;
}

void require_given(const node_config& config, const std::string& key, const std::string& value,
                   const std::string& advice) {
  if (value.empty()) {
    refuse(place(config, key), key, "has no value; " + advice + ", here or as " + variable_of(key));
  }
}

void check_ranks(const node_config& config, std::optional<wire::role> role) {
  const bool host_is_here = wire::endpoint{config.ranks_host, 1}.is_loopback();
  for (const auto& one : config.ranks_members) {
    if (one.address.is_loopback() || (role && role != wire::role::learner && role != wire::role::controller)) {
      continue;
    }
    if (config.keys.empty()) {
      refuse(place(config, "ranks.members"), "ranks.members",
             "has " + one.address.text() +
                 ", off loopback, and there are no keys: anybody could join; make some with " +
                 "`troupe keygen --out DIR` and write keys: DIR");
    }
    if (host_is_here && role != wire::role::controller) {
      refuse(place(config, "ranks.host"), "ranks.host",
             "is " + config.ranks_host + ", where " + one.name + " at " + one.address.text() +
                 " would not find this process; write the address under which other machines reach it");
    }
  }
}

} // namespace

void check_node_config(const node_config& config, std::optional<wire::role> role) {
  const auto uses = [&](const node_key& one) { return !role || (one.roles & of_role(*role)) != 0; };
  for (const auto& one : node_keys()) {
    if (one.address == nullptr || !uses(one)) {
      continue;
    }
    const auto& address = config.*one.address;
    if (address.given() && !address.is_loopback() && config.keys.empty()) {
      refuse(place(config, one.row.name), one.row.name,
             "is " + address.text() + ", off loopback, and there are no keys: anybody could join; make some with " +
                 "`troupe keygen --out DIR` and write keys: DIR");
    }
  }
  check_ranks(config, role);
  if (config.member_timeout_s < 2 * config.heartbeat_s) {
    const auto* key = config.origin_of("member_timeout_s") == "default" ? "heartbeat_s" : "member_timeout_s";
    refuse(place(config, key), key,
           "makes member_timeout_s shorter than two heartbeats: members that are well would be lost; raise " +
               std::string("member_timeout_s or lower heartbeat_s"));
  }
  if (!role) {
    return;
  }
  require_given(config, "name", config.name, "say which " + wire::to_string(*role) + " this is");
  for (const auto& one : node_keys()) {
    if (one.row.name == "run" && uses(one)) {
      require_given(config, "run", config.run, "name the run's folder");
    }
  }
  require_given(config, "recipe", config.recipe, "name a recipe or its file");
}

} // namespace troupe::config
