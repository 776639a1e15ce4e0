// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "runtime/config/node_config.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/allow_list.hpp"
#include "runtime/wire/keys.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

namespace troupe::program {

namespace {

/// What a process of this role would find in its files. Throws what is wrong with them.
void check_files(const config::node_config& found, wire::role role) {
  config::load_recipe(found.recipe);
  if (found.keys.empty()) {
    return;
  }
  const auto pair = wire::read_key_pair(found.keys + "/" + found.name + ".curve");
  if (std::filesystem::exists(found.keys + "/allow-list")) {
    const auto allowed = wire::allow_list::from_file(found.keys + "/allow-list")->find(pair.public_key);
    if (allowed && (allowed->name != found.name || allowed->as != role)) {
      throw error{errc::invalid, found.keys + "/" + found.name + ".curve is the key of the " +
                                     wire::to_string(allowed->as) + " " + allowed->name + ", not of a " +
                                     wire::to_string(role) + " " + found.name};
    }
  }
}

int check(const std::string& file, const std::string& role_name) {
  const auto role = role_name.empty() ? std::nullopt : std::optional{config::parse_node_role(role_name)};
  const auto found = config::load_node_config(file);
  config::check_node_config(found, role);
  if (role) {
    check_files(found, *role);
  }
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
  auto* checked =
      command->add_subcommand("check", "Say whether it would do; with --role, whether its recipe and keys would, too");
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
