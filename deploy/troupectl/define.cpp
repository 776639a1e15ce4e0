// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/define.hpp"

#include <CLI/CLI.hpp>

namespace troupe::ctl {

CLI::App* verb(CLI::App& app, arguments_read& a, const std::string& name, const std::string& help,
               const std::string& example, act does) {
  auto* sub = app.add_subcommand(name, help);
  sub->fallthrough();
  sub->callback([&a, does = std::move(does)] { a.does = does; });
  sub->footer("Example:\n  troupectl --run runs/first " + example);
  return sub;
}

void define_places(CLI::App& app, arguments_read& a) {
  auto& w = a.where;
  auto* store = app.add_option("--store", w.store, "run directory, or its store/ folder; no live process may hold it");
  auto* run = app.add_option("--run", w.run, "run directory of this machine; its processes may be at work");
  auto* endpoint = app.add_option("--endpoint", w.endpoint, "https://HOST:PORT of a cluster's controller");
  auto* context = app.add_option("--context", w.context, "a name that `troupectl context add` gave one of these");
  for (auto* one : {store, run, endpoint, context}) {
    for (auto* other : {store, run, endpoint, context}) {
      if (one != other) {
        one->excludes(other);
      }
    }
  }
  app.add_option("--keys", w.keys, "folder of `troupe keygen`; by default keys/ of the run directory");
  app.add_option("--as", w.as, "whose keys of that folder; by default admin, else viewer");
}

void define_format(CLI::App& app, arguments_read& a) {
  app.add_option("-o,--output", a.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

void add_pace(CLI::App* sub, arguments_read& a) {
  sub->add_option("--interval", a.interval_s, "seconds between two looks")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str();
  sub->add_option("--for", a.for_s, "stop after so many seconds; else with Ctrl-C")->check(CLI::Range(0.05, 1e9));
}

std::vector<std::string> words_of(const CLI::App& verb, const arguments_read& a) {
  std::vector<std::string> words{verb.get_name()};
  for (const auto* option : verb.get_options()) {
    if (option->count() == 0) {
      continue;
    }
    const auto name = option->get_positional() ? "" : option->get_name();
    if (option->get_items_expected_max() == 0) {
      words.push_back(name);
      continue;
    }
    std::string value; // a list was split at its commas
    for (const auto& part : option->results()) {
      value += (value.empty() ? "" : ",") + part;
    }
    if (name.starts_with("--")) {
      words.push_back(name + "=" + value);
    } else {
      words.insert(words.end(), name.empty() ? 0 : 1, name);
      words.push_back(value);
    }
  }
  words.insert(words.end(), {"--output", a.format});
  return words;
}

} // namespace troupe::ctl
