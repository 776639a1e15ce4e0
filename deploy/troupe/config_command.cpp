// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "runtime/config/node_config.hpp"

#include <cstdio>
#include <iostream>
#include <memory>

namespace troupe::program {

namespace {

int check(const std::string& file, const std::string& role_name) {
  const auto role = role_name.empty() ? std::nullopt : std::optional{config::parse_node_role(role_name)};
  const auto found = config::load_node_config(file);
  config::check_node_config(found, role);
  std::printf("%s: fine%s%s%s\n", file.c_str(), role ? " for the " : "", role_name.c_str(),
              found.name.empty() ? "" : (", named " + found.name).c_str());
  return 0;
}

int show(const std::string& file, const config::show_options& options) {
  const auto found = config::load_node_config(file);
  config::check_node_config(found);
  std::cout << config::to_yaml(found, options);
  return 0;
}

} // namespace

void add_config(CLI::App& app, body& chosen) {
  struct options {
    std::string file;
    std::string role;
    config::show_options show;
  };
  auto with = std::make_shared<options>();
  auto* command = app.add_subcommand("config", "The configuration of one process of a distributed run\n"
                                               "Example: troupe config show node.yaml --resolved --origin");
  command->require_subcommand(1);
  auto* checked = command->add_subcommand("check", "Say whether it would do");
  checked->add_option("FILE", with->file, "YAML; docs/node.md lists its keys")->required();
  checked->add_option("--role", with->role, "of the process: controller, buffer, learner, generator, verifier");
  checked->callback([&chosen, with] { chosen = [with] { return check(with->file, with->role); }; });
  auto* shown = command->add_subcommand("show", "Print it as YAML, variables of the environment applied");
  shown->add_option("FILE", with->file, "YAML; docs/node.md lists its keys")->required();
  shown->add_flag("--resolved", with->show.resolved, "with the defaults");
  shown->add_flag("--origin", with->show.origin, "with where each value comes from");
  shown->callback([&chosen, with] { chosen = [with] { return show(with->file, with->show); }; });
}

} // namespace troupe::program
