// SPDX-License-Identifier: Apache-2.0
#include "deploy/command_line.hpp"
#include "deploy/troupe/commands.hpp"
#include "runtime/error.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL); // `troupe ... | head` ends quietly
  CLI::App app{"Trains reasoning models the way DeepSeek-R1 was trained, as a troupe of actors.\n"
               "Start with: troupe quickstart",
               "troupe"};
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  app.failure_message(troupe::wrong_usage);
  app.option_defaults()->always_capture_default();
  app.get_formatter()->column_width(36);
  troupe::program::body chosen;
  for (const auto add : {troupe::program::add_quickstart, troupe::program::add_run, troupe::program::add_recipe,
                         troupe::program::add_eval, troupe::program::add_generate, troupe::program::add_score,
                         troupe::program::add_tokenize, troupe::program::add_verify, troupe::program::add_node,
                         troupe::program::add_up, troupe::program::add_keygen, troupe::program::add_config,
                         troupe::program::add_bench, troupe::program::add_version, troupe::program::add_completion}) {
    add(app, chosen);
  }
  if (const auto wrong = troupe::unknown_command(app, argc > 1 ? argv[1] : ""); !wrong.empty()) {
    std::fprintf(stderr, "troupe: %s\n", wrong.c_str());
    return troupe::exit_status(troupe::errc::invalid);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : troupe::exit_status(troupe::errc::invalid);
  }
  try {
    const int status = chosen();
    if (!std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw troupe::error{troupe::errc::failed, "the answer could not be written to standard output"};
    }
    return status;
  } catch (const troupe::error& e) {
    std::fprintf(stderr, "troupe: %s\n", e.what());
    return troupe::exit_status(e.code());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "troupe: %s\n", e.what());
    return troupe::exit_status(troupe::errc::failed);
  }
}
