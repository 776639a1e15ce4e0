// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/program.hpp"

#include "deploy/command_line.hpp"
#include "deploy/troupectl/cluster_verbs.hpp"
#include "deploy/troupectl/contexts.hpp"
#include "deploy/troupectl/define.hpp"
#include "deploy/troupectl/follow.hpp"
#include "runtime/error.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace troupe::ctl {

namespace {

void define(CLI::App& app, arguments_read& a) {
  define_places(app, a);
  define_format(app, a);
  app.require_subcommand(1);
  app.footer("Exit status: 0 fine, 1 failure, 2 usage, 3 not found, 4 store in use or nobody answers, 5 integrity "
             "violated.\n"
             "Example:\n  troupectl --run runs/first get samples --where 'reward > 0.9 and task == \"chain_sum\"'");
  define_readers(app, a);
  define_writers(app, a);
  define_cluster_verbs(app, a);
  define_own_verbs(app, a);
}

/// On a store of this machine; the exit status.
int perform_here(const place& where, const arguments_read& a, std::ostream& out, std::ostream& err) {
  const auto* reads = std::get_if<reads_store>(&a.does);
  const bool fine = reads != nullptr ? reads->run(open_store(where, err), a, out, err)
                                     : std::get<tends_store>(a.does).run(where, a, out, err);
  return fine ? 0 : exit_status(errc::corrupt);
}

/// A verb about a store: in the process that has it, where that is the only way.
int perform_where_it_is(const CLI::App& verb, arguments_read& a, std::ostream& out, std::ostream& err) {
  const bool far = !a.where.endpoint.empty() || (!a.where.run.empty() && only_its_cluster_answers(a.where.run));
  if (!far) {
    return perform_here(a.local(), a, out, err);
  }
  return cluster{a.where}.read(words_of(verb, a), out, err);
}

/// What `follow` asks again and again: a tail as on the command line, in its own words.
int tail_once(const place_named& where, const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  CLI::App app;
  arguments_read a;
  define_format(app, a);
  define_readers(app, a);
  app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
  a.where = where;
  return perform_where_it_is(*app.get_subcommands().front(), a, out, err);
}

int perform(const CLI::App& app, arguments_read& a, const terminal& at, std::ostream& out, std::ostream& err) {
  if (const auto* own = std::get_if<needs_no_run>(&a.does)) {
    own->run(app, a, out, err);
    return 0;
  }
  a.where = resolve(a.where);
  if (const auto* asks = std::get_if<asks_cluster>(&a.does)) {
    asks->run(cluster{a.where}, a, at, out, err);
    return 0;
  }
  if (a.follow) {
    const auto ask = [&](const std::vector<std::string>& words, std::ostream& to, std::ostream& problems) {
      return tail_once(a.where, words, to, problems);
    };
    return follow(a, ask, out, err);
  }
  return perform_where_it_is(*app.get_subcommands().front(), a, out, err);
}

/// The exit status of a command line that is none; what it says of itself goes to `out`.
int parse(CLI::App& app, const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  if (const auto wrong = unknown_command(app, arguments.empty() ? "" : arguments.front()); !wrong.empty()) {
    err << "troupectl: " << wrong << "\n";
    return exit_status(errc::invalid);
  }
  app.failure_message(wrong_usage);
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()}); // CLI11 wants them last first
    return -1;
  } catch (const CLI::ParseError& e) {
    return app.exit(e, out, err) == 0 ? 0 : exit_status(errc::invalid);
  }
}

} // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err, const terminal& at) {
  CLI::App app{"Looks at what a Troupe run stored: groups, samples, steps, datasets; and steers a live cluster.",
               "troupectl"};
  arguments_read a;
  define(app, a);
  if (const int status = parse(app, arguments, out, err); status >= 0) {
    return status;
  }
  try {
    const int status = perform(app, a, at, out, err);
    if (!out.flush()) {
      throw error{errc::failed, "the answer could not be written to standard output"};
    }
    return status;
  } catch (const error& e) {
    out.flush();
    err << "troupectl: " << e.what() << "\n";
    return exit_status(e.code());
  } catch (const nlohmann::json::exception& e) { // the other side's words are not as they should be
    err << "troupectl: an answer is not understood (" << e.what() << "); use the troupectl of the run's version\n";
    return exit_status(errc::failed);
  }
}

int run_on_copy(const std::string& run_folder, const std::function<std::string()>& make_copy,
                const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  CLI::App app{"Looks at the store of a live run.", "troupectl"};
  arguments_read a;
  define_format(app, a);
  app.require_subcommand(1);
  define_readers(app, a);
  define_writers(app, a);
  if (const int status = parse(app, arguments, out, err); status >= 0) {
    return status;
  }
  const auto name = app.get_subcommands().front()->get_name();
  try {
    if (std::holds_alternative<tends_store>(a.does)) {
      throw error{errc::unavailable, name + " writes to the store, and this one is at work; stop the run, then use "
                                            "troupectl --store there"};
    }
    if (a.follow || !std::holds_alternative<reads_store>(a.does)) {
      throw error{errc::invalid, name + ": not asked of a store"};
    }
    if (!a.file.empty() || a.noun == "create") {
      throw error{errc::invalid,
                  name + ": nothing is written at the other end; leave --out and let your shell write: > FILE"};
    }
    return perform_here({.folder = run_folder, .live = true, .copy = make_copy()}, a, out, err);
  } catch (const error& e) {
    if (e.code() == errc::resource_exhausted) {
      throw; // of the one who set bounds to `out`
    }
    err << "troupectl: " << e.what() << "\n";
    return exit_status(e.code());
  }
}

} // namespace troupe::ctl
