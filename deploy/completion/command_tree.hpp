// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace troupe::completion {

struct option_known {
  std::vector<std::string> names; ///< "-o", "--output"
  bool takes_value = false;
  std::vector<std::string> choices; ///< empty: any text
  std::string help;                 ///< its first line
};

/// One command, with what may follow it.
struct command_known {
  std::vector<std::string> path; ///< "troupectl", "context", "add"
  std::vector<std::string> subcommands;
  std::vector<option_known> options;               ///< those of the commands above it included where they may follow
  std::vector<std::vector<std::string>> positions; ///< choices of each; none: any text
  std::string help;
};

/// The program itself and every command below it, parents first.
std::vector<command_known> commands_of(const CLI::App& app);

} // namespace troupe::completion
