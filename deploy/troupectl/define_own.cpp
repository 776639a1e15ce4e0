// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/completion.hpp"
#include "deploy/troupectl/contexts.hpp"
#include "deploy/troupectl/define.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace troupe::ctl {

void define_own_verbs(CLI::App& app, arguments_read& a) {
  auto* context = app.add_subcommand("context", "names for runs, so that no command has to say where");
  context->fallthrough();
  context->require_subcommand(1);
  context->footer("Example:\n  troupectl context add lab --endpoint https://10.0.0.5:7403 --keys keys\n"
                  "  troupectl get workers\nIn $XDG_CONFIG_HOME/troupe/contexts.json; TROUPE_CONTEXT and --context go "
                  "before the one in use.");
  const auto managing = [&](const std::string& name, const std::string& help) {
    auto* sub = context->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([&a, name] {
      a.does = needs_no_run{[name](auto&, auto& said, auto& out, auto& err) { manage_contexts(name, said, out, err); }};
    });
    return sub;
  };
  const auto named = [&](const std::string& name, const std::string& help) {
    managing(name, help)->add_option("name", a.name, "of the context")->required();
  };
  named("add", "remember a place under a name, and use it; say --run or --endpoint");
  named("use", "from now on");
  named("delete", "forget it");
  managing("list", "all, with a * at the one in use");
  auto* completion = app.add_subcommand("completion", "a script that lets a shell complete troupectl");
  completion->footer("Example:\n  troupectl completion bash > ~/.local/share/bash-completion/completions/troupectl");
  completion->callback([&a] {
    a.does = needs_no_run{[](auto& of, auto& said, auto& out, auto&) {
      out << completion::script(of, completion::parse_shell(said.name));
    }};
  });
  completion->add_option("shell", a.name, "which shell")->required()->check(CLI::IsMember(completion::shell_names()));
}

} // namespace troupe::ctl
