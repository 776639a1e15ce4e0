// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace troupe::completion {

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// CLI11 tells a set of words as "TEXT:{a,b}" alone.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}');
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos) {
    return words;
  }
  for (std::size_t at = begin + 1; at < end;) {
    const auto comma = std::min(type.find(',', at), end);
    words.push_back(type.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) {
    names.push_back("-" + name);
  }
  for (const auto& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  return names;
}

void add_options(const CLI::App& of, command_known& to) {
  for (const auto* option : of.get_options()) {
    auto names = names_of(*option);
    const bool known = std::any_of(to.options.begin(), to.options.end(),
                                   [&](const option_known& one) { return one.names == names; }); // each has its --help
    if (!names.empty() && !known) {
      to.options.push_back({std::move(names), option->get_items_expected_max() > 0, choices_of(*option),
                            first_line(option->get_description())});
    }
  }
}

void collect(const CLI::App& of, std::vector<std::string> path, std::vector<command_known>& all) {
  path.push_back(of.get_name());
  command_known one{.path = path, .help = first_line(of.get_description())};
  add_options(of, one);
  for (const auto* above = &of; above->get_fallthrough() && above->get_parent() != nullptr;) {
    above = above->get_parent();
    add_options(*above, one);
  }
  for (const auto* option : of.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    one.positions.push_back(choices_of(*option));
  }
  const auto below = of.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
  for (const auto* sub : below) {
    one.subcommands.push_back(sub->get_name());
  }
  all.push_back(std::move(one));
  for (const auto* sub : below) {
    collect(*sub, path, all);
  }
}

} // namespace

std::vector<command_known> commands_of(const CLI::App& app) {
  std::vector<command_known> all;
  collect(app, {}, all);
  return all;
}

} // namespace troupe::completion
