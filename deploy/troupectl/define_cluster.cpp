// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/cluster_verbs.hpp"
#include "deploy/troupectl/define.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/wire/message.hpp"

#include <CLI/CLI.hpp>

namespace troupe::ctl {

namespace {

using nlohmann::json;

/// `spell(a)`: the order that the words give.
template <class Spell>
CLI::App* order_verb(CLI::App& app, arguments_read& a, const std::string& name, const std::string& help,
                     const std::string& example, Spell spell) {
  auto* sub =
      verb(app, a, name, help, example, asks_cluster{[spell](auto& of, auto& said, auto& at, auto& out, auto& err) {
             give_order(of, spell(said), said, at, out, err);
           }});
  sub->add_flag("-y,--yes", a.yes, "do not ask");
  return sub;
}

/// One that needs no words.
void plain_order(CLI::App& app, arguments_read& a, const std::string& name, const std::string& help) {
  order_verb(app, a, name, help, name + " --yes", [name](auto&) { return order{"/v1/" + name, json::object(), name}; });
}

order new_setting(const arguments_read& a) {
  auto value = json::parse(a.value, nullptr, false);
  value = value.is_discarded() ? json(a.value) : value;
  return {"/v1/settings", {{"key", a.name}, {"value", value}}, "set " + a.name + " to " + value.dump()};
}

order new_scale(const arguments_read& a) {
  return {
      "/v1/scale", {{"role", a.name}, {"n", a.count}}, "scale to " + std::to_string(a.count) + " of role " + a.name};
}

} // namespace

void define_cluster_verbs(CLI::App& app, arguments_read& a) {
  auto* top = verb(app, a, "top", "the live cluster on one page, again and again", "top --once",
                   asks_cluster{[](auto& of, auto& said, auto& at, auto& out, auto&) { show_top(of, said, at, out); }});
  top->add_flag("--once", a.once, "once; also where the answer goes to no terminal");
  add_pace(top, a);
  verb(app, a, "why", "who waits for whom", "why",
       asks_cluster{[](auto& of, auto& said, auto&, auto& out, auto&) { show_why(of, said.as(), out); }});
  auto* logs = verb(app, a, "logs", "what a member wrote last", "logs generator-0 -n 20",
                    asks_cluster{[](auto& of, auto& said, auto&, auto& out, auto&) { //
                      show_logs(of, said.name, said.lines, said.as(), out);
                    }});
  logs->add_option("name", a.name, "of the member, as `get workers` lists it")->required();
  logs->add_option("-n", a.lines, "so many lines")
      ->check(CLI::Range(std::uint64_t{1}, live::log_lines_max))
      ->capture_default_str();
  order_verb(app, a, "drain", "let a member finish what it does, then leave", "drain generator-0 --yes",
             [](auto& said) {
               return order{"/v1/drain", {{"name", said.name}}, "drain " + said.name};
             })
      ->add_option("name", a.name, "of the member, as `get workers` lists it")
      ->required();
  plain_order(app, a, "pause", "hand out no more work; what is at work is finished");
  plain_order(app, a, "resume", "hand out work again");
  auto* scale = order_verb(app, a, "scale", "have so many members of a role", "scale generator 4 --yes", new_scale);
  scale->add_option("role", a.name, "of the members")->required()->check(CLI::IsMember(wire::worker_names()));
  scale->add_option("n", a.count, "how many")->required()->check(CLI::Range(0U, config::members_max));
  auto* set =
      order_verb(app, a, "set", "change a setting of the run at work", "set max_staleness 2 --yes", new_setting);
  set->add_option("key", a.name, "of the setting")->required();
  set->add_option("value", a.value, "JSON; what is none is a text")->required();
}

} // namespace troupe::ctl
