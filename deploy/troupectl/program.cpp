// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/program.hpp"

#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/error.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace troupe::ctl {

namespace {

constexpr int usage_status = 2;

/// What the command line said.
struct arguments_read {
  std::string store;
  std::string format = "table";
  std::string noun;
  std::string id;
  std::string dataset;
  std::string by;
  bool accept_loss = false;
  row_query query;

  output_format as() const { return format == "json" ? output_format::json : output_format::table; }
};

CLI::App* verb(CLI::App& app, const std::string& name, const std::string& help, const std::string& example) {
  auto* sub = app.add_subcommand(name, help);
  sub->fallthrough();
  sub->footer("Example:\n  troupectl --store runs/first " + example);
  return sub;
}

void add_row_options(CLI::App* sub, arguments_read& a) {
  sub->add_option("--where", a.query.where, "filter, as: reward > 0.9 and staleness <= 1 and task == \"chain_sum\"");
  sub->add_option("--limit", a.query.limit, "at most so many rows; 0: all");
}

void add_fields_option(CLI::App* sub, arguments_read& a) {
  sub->add_option("--fields", a.query.fields, "only these fields, in this order, comma separated")->delimiter(',');
}

void add_noun(CLI::App* sub, arguments_read& a) {
  sub->add_option("what", a.noun, "groups, samples, steps or datasets")
      ->required()
      ->check(CLI::IsMember({"groups", "samples", "steps", "datasets"}));
}

void define(CLI::App& app, arguments_read& a) {
  app.add_option("--store", a.store, "run directory, or its store/ folder; no live process may hold it")->required();
  app.add_option("-o,--output", a.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.require_subcommand(1);
  app.footer("Exit status: 0 fine, 1 failure, 2 usage, 3 not found, 4 store in use, 5 integrity violated.\n"
             "Example:\n  troupectl --store runs/first get samples --where 'reward > 0.9 and task == \"chain_sum\"'");

  verb(app, "status", "stages, groups by fate, datasets", "status -o json");
  auto* get = verb(app, "get", "list things of one kind", "get samples --where 'verdict == \"incorrect\"' --limit 20");
  get->alias("list");
  add_noun(get, a);
  add_row_options(get, a);
  add_fields_option(get, a);
  auto* count = verb(app, "count", "how many things of one kind", "count samples --where 'staleness > 0' --by fate");
  add_noun(count, a);
  count->add_option("--where", a.query.where, "filter, as for get");
  count->add_option("--by", a.by, "count for each value of this field");
  auto* describe = verb(app, "describe", "one group: prompt, samples, history", "describe group 1t42");
  describe->add_option("what", a.noun, "group")->required()->check(CLI::IsMember({"group"}));
  describe->add_option("id", a.id, "group id, as 1t42")->required();
  auto* show = verb(app, "show", "all there is to know about one sample", "show sample 1t42/3");
  show->add_option("what", a.noun, "sample")->required()->check(CLI::IsMember({"sample"}));
  show->add_option("id", a.id, "sample id, as 1t42/3")->required();
  auto* exported = verb(app, "export", "samples, or the records of a dataset, as JSON lines",
                        "export dataset reasoning --fields prompt,completion > data.jsonl");
  exported->add_option("what", a.noun, "dataset or samples")->required()->check(CLI::IsMember({"dataset", "samples"}));
  exported->add_option("name", a.dataset, "of the dataset");
  add_row_options(exported, a);
  add_fields_option(exported, a);
  verb(app, "doctor", "check that every group and every record is accounted for", "doctor -o json");
  verb(app, "repair", "what a damaged store would have to give up to be opened again", "repair --accept-loss")
      ->add_flag("--accept-loss", a.accept_loss, "give it up, and record that in the store");
}

void export_what(const opened_store& store, arguments_read& a, std::ostream& out) {
  if ((a.noun == "dataset") == a.dataset.empty()) {
    throw error{errc::invalid, a.dataset.empty() ? "export dataset: which one? give its name; `get datasets` lists them"
                                                 : "export samples: takes no name; filter with --where"};
  }
  a.query.which.what = a.noun == "dataset" ? noun::records : noun::samples;
  a.query.which.dataset = a.dataset;
  export_rows(store, a.query, out);
}

int perform(const std::string& name, arguments_read& a, std::ostream& out, std::ostream& err) {
  if (name == "repair") {
    return repair(find_store(a.store), a.accept_loss, a.as(), out) ? 0 : exit_status(errc::corrupt);
  }
  const auto store = open_store(a.store, err);
  if (name == "status") {
    show_status(store, a.as(), out);
  } else if (name == "get" || name == "count") {
    a.query.which.what = parse_noun(a.noun);
    name == "get" ? get_rows(store, a.query, a.as(), out) : count_rows(store, a.query, a.by, a.as(), out);
  } else if (name == "describe") {
    describe_group(store, a.id, a.as(), out);
  } else if (name == "show") {
    show_sample(store, a.id, a.as(), out);
  } else if (name == "export") {
    export_what(store, a, out);
  } else if (!run_doctor(store, a.as(), out, err)) {
    return exit_status(errc::corrupt);
  }
  return 0;
}

} // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  CLI::App app{"Looks at what a Troupe run stored: groups, samples, steps, datasets.", "troupectl"};
  arguments_read a;
  define(app, a);
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()}); // CLI11 wants them last first
  } catch (const CLI::ParseError& e) {
    return app.exit(e, out, err) == 0 ? 0 : usage_status;
  }
  try {
    const int status = perform(app.get_subcommands().front()->get_name(), a, out, err);
    out.flush();
    return status;
  } catch (const error& e) {
    out.flush();
    err << "troupectl: " << e.what() << "\n";
    return exit_status(e.code());
  }
}

} // namespace troupe::ctl
