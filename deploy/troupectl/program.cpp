// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/program.hpp"

#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "deploy/unknown_command.hpp"
#include "runtime/error.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace troupe::ctl {

namespace {

constexpr int usage_status = 2;

/// What the command line said.
struct arguments_read {
  std::string store;
  std::string run;
  std::string format = "table";
  std::string noun;
  std::string id;
  std::string dataset;
  std::string by;
  std::string field;
  std::string file;
  std::uint32_t bins = 20;
  std::uint64_t last = 10;
  bool accept_loss = false;
  row_query query;
  quarantine_order quarantine;
  import_order import;

  place where() const { return {.folder = run.empty() ? store : run, .live = !run.empty()}; }
  output_format as() const { return format == "json" ? output_format::json : output_format::table; }
};

CLI::App* verb(CLI::App& app, const std::string& name, const std::string& help, const std::string& example) {
  auto* sub = app.add_subcommand(name, help);
  sub->fallthrough();
  sub->footer("Example:\n  troupectl --run runs/first " + example);
  return sub;
}

void add_where_option(CLI::App* sub, arguments_read& a) {
  sub->add_option("--where", a.query.where, "filter, as: reward > 0.9 and staleness <= 1 and task == \"chain_sum\"");
}

void add_row_options(CLI::App* sub, arguments_read& a) {
  add_where_option(sub, a);
  sub->add_option("--limit", a.query.limit, "at most so many rows; 0: all")
      ->check(CLI::Range(std::int64_t{0}, INT64_MAX));
}

void add_fields_option(CLI::App* sub, arguments_read& a) {
  sub->add_option("--fields", a.query.fields, "only these fields, in this order, comma separated")->delimiter(',');
}

void add_noun(CLI::App* sub, arguments_read& a) {
  sub->add_option("what", a.noun, "groups, samples, steps or datasets")
      ->required()
      ->check(CLI::IsMember({"groups", "samples", "steps", "datasets"}));
}

void define_readers(CLI::App& app, arguments_read& a) {
  verb(app, "status", "stages, groups by fate, datasets", "status -o json");
  auto* get = verb(app, "get", "list things of one kind", "get samples --where 'verdict == \"incorrect\"' --limit 20");
  get->alias("list");
  add_noun(get, a);
  add_row_options(get, a);
  add_fields_option(get, a);
  auto* count = verb(app, "count", "how many things of one kind", "count samples --where 'staleness > 0' --by fate");
  add_noun(count, a);
  add_where_option(count, a);
  count->add_option("--by", a.by, "count for each value of this field");
  auto* hist = verb(app, "hist", "how often which value of a field occurs", "hist samples reward --bins 20");
  add_noun(hist, a);
  hist->add_option("field", a.field, "a field of --where")->required();
  add_where_option(hist, a);
  hist->add_option("--bins", a.bins, "at most so many lines")->check(CLI::Range(2U, 1000U))->capture_default_str();
  auto* tail = verb(app, "tail", "what changed last", "tail samples -n 5 --fields id,reward,completion");
  add_noun(tail, a);
  tail->add_option("-n", a.last, "so many")->check(CLI::Range(1U, 1'000'000U))->capture_default_str();
  add_where_option(tail, a);
  add_fields_option(tail, a);
  auto* describe = verb(app, "describe", "one group: prompt, samples, history", "describe group 1t42");
  describe->add_option("what", a.noun, "group")->required()->check(CLI::IsMember({"group"}));
  describe->add_option("id", a.id, "group id, as 1t42")->required();
  auto* show = verb(app, "show", "all there is to know about one sample", "show sample 1t42/3");
  show->add_option("what", a.noun, "sample")->required()->check(CLI::IsMember({"sample"}));
  show->add_option("id", a.id, "sample id, as 1t42/3")->required();
  auto* exported = verb(app, "export", "things of one kind, or the records of a dataset, as JSON lines",
                        "export dataset reasoning --fields prompt,completion --out data.jsonl");
  exported->add_option("what", a.noun, "dataset, samples, groups, steps or datasets")
      ->required()
      ->check(CLI::IsMember({"dataset", "samples", "groups", "steps", "datasets"}));
  exported->add_option("name", a.dataset, "of the dataset");
  add_row_options(exported, a);
  add_fields_option(exported, a);
  exported->add_option("--out", a.file, "write FILE, and FILE.manifest.json that says what is in it; else to stdout");
  verb(app, "doctor", "check that every group and every record is accounted for", "doctor -o json");
  verb(app, "repair", "what a damaged store would have to give up to be opened again", "repair --accept-loss")
      ->add_flag("--accept-loss", a.accept_loss, "give it up, and record that in the store");
}

void define_others(CLI::App& app, arguments_read& a) {
  auto* checkpoint = verb(app, "checkpoint",
                          "create DIR: the store as of now, for troupectl to read; ls, verify: the model's checkpoints",
                          "checkpoint verify");
  checkpoint->add_option("what", a.noun, "create, ls or verify")
      ->required()
      ->check(CLI::IsMember({"create", "ls", "verify"}));
  checkpoint->add_option("folder", a.file, "of create: the new folder");
  auto* import = verb(app, "import", "make a dataset of a file of JSON lines, as export dataset writes them",
                      "import dataset mine data.jsonl");
  import->add_option("what", a.noun, "dataset")->required()->check(CLI::IsMember({"dataset"}));
  import->add_option("name", a.import.name, "of the new dataset")->required();
  import->add_option("file", a.import.file, "JSON lines")->required();
  import->add_flag("--foreign", a.import.foreign,
                   "take records whose samples this store does not hold, without source");
  verb(app, "compact", "give the space of what retention removed back now; a run does so as it writes", "compact");
  auto* quarantine = verb(app, "quarantine", "set a damaged group aside, or take it back", "quarantine 1t42 --yes");
  quarantine->add_option("id", a.quarantine.group, "group id, as 1t42")->required();
  quarantine->add_flag("--release", a.quarantine.release, "take it back");
  quarantine->add_flag("--yes", a.quarantine.yes, "do it; else only say what would be done");
}

void define(CLI::App& app, arguments_read& a) {
  auto* store = app.add_option("--store", a.store, "run directory, or its store/ folder; no live process may hold it");
  auto* run = app.add_option("--run", a.run, "run directory of this machine; its process may be at work");
  store->excludes(run);
  app.add_option("-o,--output", a.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.require_subcommand(1);
  app.footer("Exit status: 0 fine, 1 failure, 2 usage, 3 not found, 4 store in use, 5 integrity violated.\n"
             "Example:\n  troupectl --run runs/first get samples --where 'reward > 0.9 and task == \"chain_sum\"'");
  define_readers(app, a);
  define_others(app, a);
}

void export_what(const opened_store& store, arguments_read& a, std::ostream& out, std::ostream& err) {
  const bool records = a.noun == "dataset";
  if (records == a.dataset.empty()) {
    throw error{errc::invalid, records ? "export dataset: which one? give its name; `get datasets` lists them"
                                       : "export " + a.noun + ": takes no name; filter with --where"};
  }
  a.query.which.what = records ? noun::records : parse_noun(a.noun);
  a.query.which.dataset = a.dataset;
  if (a.file.empty()) {
    export_rows(store, a.query, out, err);
  } else {
    export_to_file(store, a.query, a.file, a.as(), out, err);
  }
}

/// False when something is not as it was recorded.
bool checkpoints(const opened_store& store, const arguments_read& a, std::ostream& out, std::ostream& err) {
  if ((a.noun == "create") == a.file.empty()) {
    throw error{errc::invalid, a.file.empty() ? "checkpoint create: where? name a new folder"
                                              : "checkpoint " + a.noun + ": takes no folder"};
  }
  if (a.noun == "verify") {
    return verify_checkpoints(store, a.as(), out, err);
  }
  a.noun == "ls" ? list_checkpoints(store, a.as(), out) : create_checkpoint(store, a.file, a.as(), out);
  return true;
}

/// False when something is not as it was recorded.
bool read_store(const std::string& name, arguments_read& a, std::ostream& out, std::ostream& err) {
  const auto store = open_store(a.where(), err);
  const bool of_rows = name == "get" || name == "count" || name == "hist" || name == "tail";
  a.query.which.what = of_rows ? parse_noun(a.noun) : noun::samples;
  if (name == "status") {
    show_status(store, a.as(), out);
  } else if (name == "get") {
    get_rows(store, a.query, a.as(), out);
  } else if (name == "count") {
    count_rows(store, a.query, a.by, a.as(), out);
  } else if (name == "hist") {
    show_histogram(store, a.query, a.field, a.bins, a.as(), out);
  } else if (name == "tail") {
    show_tail(store, a.query, a.last, a.as(), out);
  } else if (name == "describe") {
    describe_group(store, a.id, a.as(), out);
  } else if (name == "show") {
    show_sample(store, a.id, a.as(), out);
  } else if (name == "export") {
    export_what(store, a, out, err);
  } else if (name == "checkpoint") {
    return checkpoints(store, a, out, err);
  } else {
    return run_doctor(store, a.as(), out, err);
  }
  return true;
}

int perform(const std::string& name, arguments_read& a, std::ostream& out, std::ostream& err) {
  if (a.store.empty() == a.run.empty()) {
    throw error{errc::invalid, "where? name a run directory with --run, or offline a store with --store"};
  }
  if (name == "repair") {
    return repair(find_store(a.where().folder), a.accept_loss, a.as(), out) ? 0 : exit_status(errc::corrupt);
  }
  if (name == "compact") {
    compact(a.where(), a.as(), out, err);
  } else if (name == "quarantine") {
    quarantine(a.where(), a.quarantine, a.as(), out, err);
  } else if (name == "import") {
    import_dataset(a.where(), a.import, a.as(), out, err);
  } else if (!read_store(name, a, out, err)) {
    return exit_status(errc::corrupt);
  }
  return 0;
}

} // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  CLI::App app{"Looks at what a Troupe run stored: groups, samples, steps, datasets.", "troupectl"};
  arguments_read a;
  define(app, a);
  if (const auto wrong = unknown_command(app, arguments.empty() ? "" : arguments.front()); !wrong.empty()) {
    err << "troupectl: " << wrong << "\n";
    return usage_status;
  }
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()}); // CLI11 wants them last first
  } catch (const CLI::ParseError& e) {
    return app.exit(e, out, err) == 0 ? 0 : usage_status;
  }
  try {
    const int status = perform(app.get_subcommands().front()->get_name(), a, out, err);
    if (!out.flush()) {
      throw error{errc::failed, "the answer could not be written to standard output"};
    }
    return status;
  } catch (const error& e) {
    out.flush();
    err << "troupectl: " << e.what() << "\n";
    return exit_status(e.code());
  }
}

} // namespace troupe::ctl
