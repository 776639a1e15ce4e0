// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/node.hpp"

#include <memory>

namespace troupe::program {

namespace {

int run(const std::string& role_name, const std::string& file) {
  const auto role = config::parse_node_role(role_name);
  node here{role, file};
  switch (role) {
  case wire::role::controller:
    return run_controller_node(here);
  case wire::role::buffer:
    return run_buffer_node(here);
  case wire::role::learner:
    return run_learner_node(here);
  case wire::role::verifier:
    return run_verifier_node(here);
  default:
    return run_generator_node(here);
  }
}

} // namespace

void add_node(CLI::App& app, body& chosen) {
  struct options {
    std::string role;
    std::string file;
  };
  auto with = std::make_shared<options>();
  auto* command = app.add_subcommand("node", "One process of a distributed run\n"
                                             "Example: troupe node generator --config generator-0.yaml");
  command->add_option("ROLE", with->role, "controller, buffer, learner, generator or verifier")->required();
  command->add_option("--config", with->file, "YAML; docs/node.md lists its keys")->required();
  command->callback([&chosen, with] { chosen = [with] { return run(with->role, with->file); }; });
}

} // namespace troupe::program
