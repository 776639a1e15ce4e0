// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
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

/// For CLI::App::failure_message: the command, what is wrong with its words, and where they are explained.
inline std::string wrong_usage(const CLI::App* app, const CLI::Error& e) {
  std::string command = app->get_name();
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    command += " " + app->get_name();
  }
  return command + ": " + e.what() + "; see " + command + " --help\n";
}

/// Checks of numbers whose message is for people; CLI11's own names the whole range of a double.
inline CLI::Validator positive() {
  return {[](const std::string& text) {
            double value = 0;
            return CLI::detail::lexical_cast(text, value) && value > 0 ? "" : text + " is not a number above 0";
          },
          "POSITIVE"};
}
inline CLI::Validator not_negative() {
  return {[](const std::string& text) {
            double value = 0;
            return CLI::detail::lexical_cast(text, value) && value >= 0 ? "" : text + " is not a number from 0";
          },
          "NONNEGATIVE"};
}

} // namespace troupe
