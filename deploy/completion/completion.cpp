// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/completion.hpp"

#include "deploy/completion/scripts.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace troupe::completion {

const std::vector<std::string>& shell_names() {
  static const std::vector<std::string> names{"bash", "zsh", "fish"};
  return names;
}

shell parse_shell(const std::string& name) {
  const auto& names = shell_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) {
    throw error{errc::invalid,
                fmt::format("there is no completion for {}; choose one of {}", name, fmt::join(names, ", "))};
  }
  return static_cast<shell>(it - names.begin());
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
