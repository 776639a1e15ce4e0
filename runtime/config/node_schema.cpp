// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/node_schema.hpp"

#include "runtime/config/value_keys.hpp"
#include "runtime/wire/keys.hpp"

namespace troupe::config {
namespace {

using wire::role;

constexpr role_set controller = of_role(role::controller);
constexpr role_set buffer = of_role(role::buffer);
constexpr role_set learner = of_role(role::learner);
constexpr role_set generator = of_role(role::generator);
constexpr role_set verifier = of_role(role::verifier);
constexpr role_set all_nodes = controller | buffer | learner | generator | verifier;

constexpr std::string_view scheme = "tcp://";

/// What distinguishes one address from another.
struct address_form {
  bool listens = false;     ///< else it is dialled
  bool with_scheme = false; ///< written as tcp://HOST:PORT
  bool optional = false;    ///< may be empty: none
};

std::string form_in_words(const address_form& form) {
  const std::string host = form.listens ? "ADDRESS" : "HOST";
  return std::string(form.with_scheme ? scheme : "") + host + ":PORT" + (form.optional ? ", or empty" : "");
}

void read_endpoint(wire::endpoint& to, const address_form& form, const node& from, const std::string& path) {
  auto text = read_text(from, path);
  const auto refused = [&](const std::string& why) { refuse(from.where, path, "is " + yaml_text(from.text) + why); };
  if (text.empty() && form.optional) {
    to = {};
    return;
  }
  if (text.starts_with(scheme) != form.with_scheme) {
    refused("; write " + form_in_words(form));
  }
  text.erase(0, form.with_scheme ? scheme.size() : 0);
  const auto parsed = wire::parse_endpoint(text);
  if (!parsed) {
    refused("; write " + form_in_words(form) + " with a port up to 65535, an IPv6 address in brackets");
  }
  if (form.listens && wire::kind_of_host(parsed->host) == wire::host_kind::name) {
    refused("; one listens at an address in numbers: 127.0.0.1 for this machine alone, 0.0.0.0 for all networks");
  }
  if (!form.listens && parsed->is_any()) {
    refused("; nobody can be dialled at " + parsed->host + ": name the machine that listens");
  }
  if (!form.listens && parsed->port == 0) {
    refused("; port 0 cannot be dialled: name the port the other side listens at");
  }
  to = *parsed;
}

node_key address(const char* name, wire::endpoint node_config::*member, role_set roles, address_form form,
                 const char* help) {
  return {
      {name, every_stage, form_in_words(form), help,
       [=](node_config& to, const node& from, const std::string& path) { read_endpoint(to.*member, form, from, path); },
       [=](const node_config& of) {
         const auto& value = of.*member;
         return yaml_text((form.with_scheme && value.given() ? std::string(scheme) : "") + value.text());
       }},
      roles,
      member};
}

rank_member read_rank_member(const std::string& text, const address_form& form, const node& from,
                             const std::string& path) {
  const auto equals = text.find('=');
  rank_member one{.name = text.substr(0, equals), .address = {}};
  if (equals == std::string::npos || !wire::is_name(one.name)) {
    refuse(from.where, path, "is " + yaml_text(text) + "; write NAME=" + form_in_words(form));
  }
  node address = from;
  address.is = node::shape::scalar;
  address.text = text.substr(equals + 1);
  read_endpoint(one.address, form, address, path);
  return one;
}

node_key name_key() {
  auto row =
      words("name", &node_config::name, "of this process and of its keys: generator-0; every process has its own");
  row.range = "letters, digits, . - _";
  row.read = [](node_config& to, const node& from, const std::string& path) {
    to.name = read_text(from, path);
    if (!to.name.empty() && !wire::is_name(to.name)) {
      refuse(from.where, path,
             "is " + yaml_text(to.name) + "; a name is 1 to 128 letters, digits, . - _ and begins with no dot");
    }
  };
  return {row, all_nodes};
}

/// NAME=tcp://HOST:PORT for each, in the order of ranks.
node_key rank_members_key() {
  constexpr address_form dial{.with_scheme = true};
  return {
      {"ranks.members", every_stage, "NAME=tcp://HOST:PORT, ...",
       "ranks 1, 2, ... of the learner that are processes of their own: the name of each, and where the learner asks "
       "it; as many as the recipe has `learners` beside the first, or none: then all ranks are in the learner's "
       "process",
       [=](node_config& to, const node& from, const std::string& path) {
         to.ranks_members.clear();
         for (const auto& text : read_texts(from, path)) {
           for (std::size_t at = 0; at < text.size();) {
             const auto end = std::min(text.find_first_of(", ", at), text.size());
             if (end > at) {
               to.ranks_members.push_back(read_rank_member(text.substr(at, end - at), dial, from, path));
             }
             at = end + 1;
           }
         }
         for (std::size_t i = 0; i < to.ranks_members.size(); ++i) {
           if (const auto& name = to.ranks_members[i].name; to.rank_of(name) != i + 1) {
             refuse(from.where, path, "names " + name + " twice; a process is one rank");
           }
         }
       },
       [](const node_config& of) {
         std::string all;
         for (const auto& one : of.ranks_members) {
           all += (all.empty() ? "" : ", ") + one.name + "=" + std::string(scheme) + one.address.text();
         }
         return yaml_text(all);
       }},
      controller | learner};
}

node_key rank_host_key() {
  auto row = words("ranks.host", &node_config::ranks_host,
                   "under which the learner's other ranks reach this process for what they add up at every step; that "
                   "traffic has no keys: a network of their own");
  row.range = "HOST";
  row.read = [](node_config& to, const node& from, const std::string& path) {
    const auto host = read_text(from, path);
    if (!wire::kind_of_host(host) || wire::endpoint{host, 1}.is_any()) {
      refuse(from.where, path, "is " + yaml_text(host) + "; write the name or address of this machine");
    }
    to.ranks_host = host;
  };
  return {row, learner};
}

} // namespace

const std::vector<node_key>& node_keys() {
  constexpr bounds seconds{0.05, 86400};
  constexpr address_form listen{.listens = true};
  constexpr address_form listen_tcp{.listens = true, .with_scheme = true};
  constexpr address_form dial_tcp{.with_scheme = true};
  static const std::vector<node_key> table{
      name_key(),
      {words("run", &node_config::run, "the run's folder, relative to the current folder"),
       controller | buffer | learner},
      {words("recipe", &node_config::recipe, "a recipe's name or file; by default recipe.yaml in the run's folder"),
       all_nodes},
      {words("keys", &node_config::keys,
             "the folder of `troupe keygen`; empty: neither TLS nor CURVE, and every address must be loopback"),
       all_nodes},
      address("control.listen", &node_config::control_listen, controller, listen,
              "where members join; port 0: a free one"),
      address("control.address", &node_config::control_address, buffer | learner | generator | verifier, {},
              "of the controller"),
      address("buffer.listen", &node_config::buffer_listen, buffer, listen_tcp,
              "where work is leased and submitted; port 0: a free one"),
      address("buffer.address", &node_config::buffer_address, controller | learner | generator | verifier, dial_tcp,
              "of the buffer"),
      address("weights.listen", &node_config::weights_listen, learner, listen_tcp,
              "where the learner is asked to train, and new policy versions are fetched; port 0: a free one"),
      address("weights.address", &node_config::weights_address, controller | generator, dial_tcp, "of the learner"),
      rank_members_key(),
      address("ranks.listen", &node_config::ranks_listen, learner, listen_tcp,
              "where a rank of the learner that is a process of its own is asked by the first"),
      rank_host_key(),
      address("http.listen", &node_config::http_listen, all_nodes, {.listens = true, .optional = true},
              "health and metrics; port 0: a free one; empty: no port"),
      address("admin.listen", &node_config::admin_listen, controller | buffer, {.listens = true, .optional = true},
              "for troupectl; port 0: a free one; empty: no port"),
      {real("heartbeat_s", &node_config::heartbeat_s, seconds, "seconds between two signs of life"), all_nodes},
      {real("member_timeout_s", &node_config::member_timeout_s, seconds,
            "seconds of silence after which a member is lost; at least two heartbeats"),
       all_nodes},
      {real("join_s", &node_config::join_s, {1, 86400},
            "seconds without an answer of the controller, at the start or later, after which a process gives up with "
            "exit status 4"),
       buffer | learner | generator | verifier},
      {real("drain_s", &node_config::drain_s, {0, 86400},
            "seconds that a process may take to finish its work on SIGTERM"),
       all_nodes},
  };
  return table;
}

const std::vector<role>& node_roles() {
  static const std::vector<role> roles{role::controller, role::buffer, role::learner, role::generator, role::verifier};
  return roles;
}

std::pair<std::string, std::string> parts_of(const std::string& key) {
  const auto dot = key.find('.');
  return dot == std::string::npos ? std::pair{std::string(), key} : std::pair{key.substr(0, dot), key.substr(dot + 1)};
}

} // namespace troupe::config
