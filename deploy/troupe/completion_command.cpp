// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/completion.hpp"
#include "deploy/troupe/commands.hpp"

#include <CLI/Validators.hpp>
#include <iostream>
#include <memory>

namespace troupe::program {

void add_completion(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("completion", "Print a script that lets a shell complete troupe\n"
                                                   "Example: source <(troupe completion bash)");
  auto name = std::make_shared<std::string>();
  command->add_option("SHELL", *name, "which shell")->required()->check(CLI::IsMember(completion::shell_names()));
  command->callback([&app, &chosen, name] {
    chosen = [&app, name] {
      std::cout << completion::script(app, completion::parse_shell(*name));
      return 0;
    };
  });
}

} // namespace troupe::program
