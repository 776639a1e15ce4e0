// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/error.hpp"

#include <cstdio>
#include <iostream>
#include <memory>

namespace troupe::program {

void add_recipe(CLI::App& app, body& chosen) {
  auto* command =
      app.add_subcommand("recipe", "The embedded recipes.\nExample: troupe recipe show r1-tiny > mine.yaml");
  command->require_subcommand(1);
  command->add_subcommand("list", "Name them")->callback([&chosen] {
    chosen = [] {
      for (const auto& r : config::embedded_recipes()) {
        std::printf("%-24s %s\n", r.name.c_str(), r.summary.c_str());
      }
      return 0;
    };
  });
  auto* show = command->add_subcommand("show", "Print one as YAML, to start from");
  auto name = std::make_shared<std::string>();
  show->add_option("NAME", *name, "of the recipe")->required();
  show->callback([&chosen, name] {
    chosen = [name] {
      std::string known;
      for (const auto& r : config::embedded_recipes()) {
        if (r.name == *name) {
          std::cout << r.yaml;
          return 0;
        }
        known += (known.empty() ? "" : ", ") + r.name;
      }
      throw error{errc::not_found, "there is no embedded recipe `" + *name + "`; there are " + known};
    };
  });
}

} // namespace troupe::program
