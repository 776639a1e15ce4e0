// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/define.hpp"

#include <CLI/CLI.hpp>

namespace troupe::ctl {

namespace {

CLI::App* order(CLI::App& app, arguments_read& a, const std::string& name, const std::string& help,
                const std::string& example) {
  auto* sub = verb(app, name, help, example);
  sub->add_flag("-y,--yes", a.yes, "do not ask");
  return sub;
}

} // namespace

void define_cluster_verbs(CLI::App& app, arguments_read& a) {
  auto* top = verb(app, "top", "the live cluster on one page, again and again", "top --once");
  top->add_flag("--once", a.once, "once; also where the answer goes to no terminal");
  add_pace(top, a);
  verb(app, "why", "who waits for whom", "why");
  auto* logs = verb(app, "logs", "what a member wrote last", "logs generator-0 -n 20");
  logs->add_option("name", a.name, "of the member, as `get workers` lists it")->required();
  logs->add_option("-n", a.lines, "so many lines")->check(CLI::Range(1U, 10'000U))->capture_default_str();
  order(app, a, "drain", "let a member finish what it does, then leave", "drain generator-0 --yes")
      ->add_option("name", a.name, "of the member, as `get workers` lists it")
      ->required();
  order(app, a, "pause", "hand out no more work; what is at work is finished", "pause --yes");
  order(app, a, "resume", "hand out work again", "resume --yes");
  auto* scale = order(app, a, "scale", "have so many members of a role", "scale generator 4 --yes");
  scale->add_option("role", a.name, "of the members")->required()->check(CLI::IsMember({"generator", "verifier"}));
  scale->add_option("n", a.count, "how many")->required()->check(CLI::Range(0U, 10'000U));
  auto* set = order(app, a, "set", "change a setting of the run at work", "set max_staleness 2 --yes");
  set->add_option("key", a.name, "of the setting")->required();
  set->add_option("value", a.value, "JSON; what is none is a text")->required();
}

void define_own_verbs(CLI::App& app, arguments_read& a) {
  auto* context = app.add_subcommand("context", "names for runs, so that no command has to say where");
  context->fallthrough();
  context->require_subcommand(1);
  context->footer("Example:\n  troupectl context add lab --endpoint https://10.0.0.5:7403 --keys keys\n"
                  "  troupectl get workers\nIn $XDG_CONFIG_HOME/troupe/contexts.json; TROUPE_CONTEXT and --context go "
                  "before the one in use.");
  const auto named = [&](const char* name, const char* help) {
    auto* sub = context->add_subcommand(name, help);
    sub->fallthrough();
    sub->add_option("name", a.name, "of the context")->required();
  };
  named("add", "remember a place under a name, and use it; say --run or --endpoint");
  named("use", "from now on");
  named("delete", "forget it");
  context->add_subcommand("list", "all, with a * at the one in use")->fallthrough();
  auto* completion = app.add_subcommand("completion", "a script that lets a shell complete troupectl");
  completion->footer("Example:\n  troupectl completion bash > ~/.local/share/bash-completion/completions/troupectl");
  completion->add_option("shell", a.name, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

} // namespace troupe::ctl
