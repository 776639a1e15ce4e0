// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/keys/key_folder.hpp"

#include <CLI/Validators.hpp>
#include <cstdio>
#include <memory>

namespace troupe::program {

namespace {

void tell(const std::string& folder, const keys::members_wanted& wanted, const keys::keys_made& report) {
  if (report.ca) {
    std::fprintf(stderr, "%s/ca.crt, ca.key: a new authority, for ten years\n", folder.c_str());
  }
  for (const auto& name : report.made) {
    std::fprintf(stderr, "%s/%s: new keys\n", folder.c_str(), name.c_str());
  }
  if (!report.found.empty()) {
    std::fprintf(stderr, "%zu members had theirs already%s\n", report.found.size(),
                 wanted.hosts.empty() ? "" : "; --host is in new certificates only");
  }
  std::fprintf(
      stderr,
      "%s/ca.key lets anybody in who has it: keep it off the cluster, and give each member only its own files\n",
      folder.c_str());
}

} // namespace

void add_keygen(CLI::App& app, body& chosen) {
  struct options {
    std::string out;
    keys::members_wanted wanted;
  };
  auto with = std::make_shared<options>();
  auto* command = app.add_subcommand("keygen", "Make the keys of a distributed run: TLS certificates and CURVE keys\n"
                                               "Example: troupe keygen --out keys --host 10.0.0.5 --generators 4");
  const CLI::Range number{0U, config::members_max};
  command->add_option("--out", with->out, "folder, made with mode 0700; what is there stays")->required();
  command->add_option("--host", with->wanted.hosts, "name or address that others reach members under; repeatable")
      ->default_str("");
  command->add_option("--learners", with->wanted.learners, "how many")->check(number);
  command->add_option("--generators", with->wanted.generators, "how many")->check(number);
  command->add_option("--verifiers", with->wanted.verifiers, "how many")->check(number);
  command->add_option("--days", with->wanted.days, "that new certificates last")->check(CLI::Range(1, keys::ca_days));
  command->callback([&chosen, with] {
    chosen = [with] {
      tell(with->out, with->wanted, keys::fill_key_folder(with->out, with->wanted));
      return 0;
    };
  });
}

} // namespace troupe::program
