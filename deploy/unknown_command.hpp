// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace troupe {

/// What is wrong with the first word of a command line when it names no command of `app`; empty when it does, or is an
/// option.
inline std::string unknown_command(const CLI::App& app, const std::string& first) {
  if (first.empty() || first.front() == '-') {
    return "";
  }
  std::string names;
  for (const auto* one : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (one->check_name(first)) {
      return "";
    }
    names += (names.empty() ? "" : ", ") + one->get_name();
  }
  return "there is no command " + first + "; there are: " + names;
}

} // namespace troupe
