// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/completion.hpp"

#include "deploy/completion/scripts.hpp"
#include "runtime/error.hpp"

namespace troupe::completion {

shell parse_shell(const std::string& name) {
  if (name == "bash") {
    return shell::bash;
  }
  if (name == "zsh") {
    return shell::zsh;
  }
  if (name == "fish") {
    return shell::fish;
  }
  throw error{errc::invalid, "there is no completion for " + name + "; choose one of bash, zsh, fish"};
}

std::string script(const CLI::App& app, shell of) {
  const auto commands = commands_of(app);
  switch (of) {
  case shell::bash:
    return bash_script(commands);
  case shell::zsh:
    return zsh_script(commands);
  case shell::fish:
    break;
  }
  return fish_script(commands);
}

} // namespace troupe::completion
