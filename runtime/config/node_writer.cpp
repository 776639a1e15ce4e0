// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/node_schema.hpp"

namespace troupe::config {
namespace {

std::string roles_in_words(role_set roles) {
  std::string text;
  bool all = true;
  for (const auto role : node_roles()) {
    if ((roles & of_role(role)) != 0) {
      text += (text.empty() ? "" : ", ") + wire::to_string(role);
    } else {
      all = false;
    }
  }
  return all ? "all" : text;
}

} // namespace

std::string to_yaml(const node_config& config, const show_options& options) {
  std::string text;
  std::string open; // the map whose keys are being written
  for (const auto& one : node_keys()) {
    const auto origin = config.origin_of(one.row.name);
    if (origin == "default" && !options.resolved) {
      continue;
    }
    const auto [section, name] = parts_of(one.row.name);
    if (section != open && !section.empty()) {
      text += section + ":\n";
    }
    open = section;
    text += (section.empty() ? "" : "  ") + name + ": " + one.row.write(config) +
            (options.origin ? " # " + origin : "") + "\n";
  }
  return text.empty() ? "{}\n" : text;
}

std::string node_reference() {
  std::string text =
      "# Nodes\n\n"
      "<!-- Written from the table in runtime/config/node_schema.cpp; a test compares. -->\n\n"
      "A distributed run is one process a member: a controller, a buffer, learners, generators, verifiers. Each is "
      "told\n"
      "what it needs by one YAML file, whose keys are the same for all roles; a role passes over keys of others, so "
      "that\n"
      "one file can serve a whole cluster. A dot in a key stands for a map: `control.listen` is\n"
      "`control: {listen: ...}`. A variable of the environment goes before the file. Relative paths are relative to "
      "the\n"
      "current folder.\n\n"
      "<!-- not run: it would wait for a controller; tests/cluster starts nodes -->\n"
      "```sh\ntroupe node generator --config node.yaml\n```\n\n"
      "```sh\n"
      "troupe config check node.yaml --role generator    # exit status 0, or one line that says what to do\n"
      "troupe config show node.yaml --resolved --origin  # every value, and where it comes from\n```\n\n"
      "## Keys of the file\n\n"
      "| key | roles | default | values | variable | meaning |\n|---|---|---|---|---|---|\n";
  const node_config defaults;
  for (const auto& one : node_keys()) {
    const auto value = one.row.write(defaults);
    text += "| `" + one.row.name + "` | " + roles_in_words(one.roles) + " | " +
            (value == "\"\"" ? "" : "`" + value + "`") + " | " + one.row.range + " | `" + variable_of(one.row.name) +
            "` | " + one.row.help + " |\n";
  }
  return text +
         "\n## Who dials whom\n\n"
         "Everybody dials the controller (`control.address`) and the buffer (`buffer.address`); generators and the "
         "controller\n"
         "dial the learner (`weights.address`), and the learner its other ranks (`ranks.members`, the same list in the "
         "files of the\n"
         "controller and of all ranks; who is named there is that rank and not the learner). Ranks also reach each "
         "other "
         "at\n"
         "`ranks.host`, at ports of the system's choice. Nobody dials a generator or a verifier, so their number can "
         "change at "
         "any\n"
         "time, and they may stand behind a firewall. `run` is one folder for controller, buffer and learners: on one "
         "machine,\n"
         "or on a file system they share; generators and verifiers need none, and get tokenizer and weights over the "
         "wire. A\n"
         "process that cannot reach the controller for `join_s` seconds ends with exit status 4, so whoever started it "
         "can\n"
         "start it again; SIGTERM drains it: what it holds is finished or handed back within `drain_s`.\n"
         "\nWith a role, `name` and `recipe` must have a value, and `run` for the roles that have it.\n\n"
         "## TLS and CURVE keys\n\n"
         "```sh\ntroupe keygen --out keys --host buffer.troupe.svc --host 10.0.0.5 --generators 4 --verifiers "
         "2\n```\n\n"
         "makes a folder (mode 0700) with an authority, `ca.key` and `ca.crt`, and for each of `controller`, "
         "`buffer`,\n"
         "`learner-N`, `generator-N`, `verifier-N`, `admin` (may operate) and `viewer` (may read):\n\n"
         "| file | holds | who needs it |\n|---|---|---|\n"
         "| `ca.key` | the authority's secret; whoever has it can let anybody in | nobody in the cluster: keep it "
         "elsewhere |\n"
         "| `ca.crt` | the authority's certificate | everybody |\n"
         "| `NAME.key`, `NAME.crt` | key and certificate for TLS, the admin pages; CN is the name, OU the role | "
         "`controller`, `buffer`, `admin`, `viewer`; all whose `http.listen` is off loopback |\n"
         "| `NAME.curve` | the key pair for CURVE, all else between processes | NAME |\n"
         "| `NAME.curve.pub` | its public half | for `controller`, `buffer` and `learner-N`: whoever dials them |\n"
         "| `allow-list` | who may connect: a line `ROLE NAME PUBLICKEY` for each; read again when it changes | "
         "controller, buffer and learner |\n\n"
         "Run again with larger numbers, with `ca.key` in its place, it adds what is missing and leaves the rest as it "
         "is;\n"
         "a line that was taken off `allow-list` stays off. Certificates last a year (`--days`). To renew one, remove "
         "its\n"
         "`NAME.key` and `NAME.crt` and run `keygen` again. A key that others than its owner may read is refused.\n";
}

} // namespace troupe::config
