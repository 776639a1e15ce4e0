// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/scripts.hpp"

#include <fmt/format.h>

namespace troupe::completion {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return out + "'";
}

/// True while the words before the cursor are those of `one` and of none of its subcommands.
std::string condition(const command_known& one) {
  std::string text;
  for (std::size_t i = 1; i < one.path.size(); ++i) {
    text += (text.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + one.path[i];
  }
  if (!one.subcommands.empty()) {
    text += (text.empty() ? "" : "; and ") + std::string("not __fish_seen_subcommand_from");
    for (const auto& name : one.subcommands) {
      text += " " + name;
    }
  }
  return text.empty() ? "true" : text;
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

} // namespace

std::string fish_script(std::span<const command_known> commands) {
  const auto& program = commands.front().path.front();
  std::string text =
      fmt::format("# Completes {0} in fish: put this as ~/.config/fish/completions/{0}.fish.\n", program);
  for (const auto& one : commands) {
    const auto line = fmt::format("complete -c {} -n {}", program, quoted(condition(one)));
    for (const auto& name : one.subcommands) {
      text += fmt::format("{} -f -a {}\n", line, name);
    }
    for (const auto& choices : one.positions) {
      text += choices.empty() ? "" : fmt::format("{} -f -a {}\n", line, quoted(list(choices)));
    }
    for (const auto& option : one.options) {
      text += line;
      for (const auto& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      text += option.takes_value ? " -r" : "";
      text += option.choices.empty() ? "" : " -f -a " + quoted(list(option.choices));
      text += " -d " + quoted(option.help) + "\n";
    }
  }
  return text;
}

} // namespace troupe::completion
