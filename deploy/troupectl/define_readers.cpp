// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/cluster_verbs.hpp"
#include "deploy/troupectl/define.hpp"
#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/rows.hpp"
#include "runtime/error.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace troupe::ctl {

namespace {

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

/// `known` is what can be said; the help names them, `more` comes after.
void add_noun_of(CLI::App* sub, arguments_read& a, const std::vector<std::string>& known,
                 const std::string& more = "") {
  sub->add_option("what", a.noun, fmt::format("{}{}", fmt::join(known, ", "), more))
      ->required()
      ->check(CLI::IsMember(known));
}

void add_noun(CLI::App* sub, arguments_read& a) {
  add_noun_of(sub, a, noun_names());
}

std::vector<std::string> and_one_more(const std::string& name) {
  auto names = noun_names();
  names.push_back(name);
  return names;
}

row_query rows_asked(const arguments_read& a) {
  auto query = a.query;
  query.which.what = parse_noun(a.noun);
  return query;
}

/// An act that cannot find anything wrong.
template <class Show>
reads_store shows(Show show) {
  return {[show](const opened_store& from, const arguments_read& a, std::ostream& out, std::ostream& err) {
    show(from, a, out, err);
    return true;
  }};
}

void export_what(const opened_store& from, const arguments_read& a, std::ostream& out, std::ostream& err) {
  const bool records = a.noun == "dataset";
  if (records == a.dataset.empty()) {
    throw error{errc::invalid, records ? "export dataset: which one? give its name; `get datasets` lists them"
                                       : "export " + a.noun + ": takes no name; filter with --where"};
  }
  auto query = a.query;
  query.which = {.what = records ? noun::records : parse_noun(a.noun), .dataset = a.dataset};
  if (a.file.empty()) {
    export_rows(from, query, out, err);
  } else {
    export_to_file(from, query, a.file, a.as(), out, err);
  }
}

bool checkpoints(const opened_store& from, const arguments_read& a, std::ostream& out, std::ostream& err) {
  if ((a.noun == "create") == a.file.empty()) {
    throw error{errc::invalid, a.file.empty() ? "checkpoint create: where? name a new folder"
                                              : "checkpoint " + a.noun + ": takes no folder"};
  }
  if (a.noun == "verify") {
    return verify_checkpoints(from, a.as(), out, err);
  }
  a.noun == "ls" ? list_checkpoints(from, a.as(), out) : create_checkpoint(from, a.file, a.as(), out);
  return true;
}

void define_get(CLI::App& app, arguments_read& a) {
  const act of_store = shows([](auto& from, auto& said, auto& out, auto&) { //
    get_rows(from, rows_asked(said), said.as(), out);
  });
  const act of_cluster = asks_cluster{[](auto& of, auto& said, auto&, auto& out, auto&) { //
    list_workers(of, said.query, said.as(), out);
  }};
  auto* get = verb(app, a, "get", "list things of one kind",
                   "get samples --where 'verdict == \"incorrect\"' --limit 20", of_store);
  get->alias("list");
  get->callback([=, &a] { a.does = a.noun == "workers" ? of_cluster : of_store; });
  add_noun_of(get, a, and_one_more("workers"), ", which only a live cluster has");
  add_row_options(get, a);
  add_fields_option(get, a);
}

void define_row_verbs(CLI::App& app, arguments_read& a) {
  auto* count = verb(app, a, "count", "how many things of one kind", "count samples --where 'staleness > 0' --by fate",
                     shows([](auto& from, auto& said, auto& out, auto&) { //
                       count_rows(from, rows_asked(said), said.by, said.as(), out);
                     }));
  add_noun(count, a);
  add_where_option(count, a);
  count->add_option("--by", a.by, "count for each value of this field");
  auto* hist = verb(app, a, "hist", "how often which value of a field occurs", "hist samples reward --bins 20",
                    shows([](auto& from, auto& said, auto& out, auto&) {
                      show_histogram(from, rows_asked(said), said.field, said.bins, said.as(), out);
                    }));
  add_noun(hist, a);
  hist->add_option("field", a.field, "a field of --where")->required();
  add_where_option(hist, a);
  hist->add_option("--bins", a.bins, "at most so many lines")->check(CLI::Range(2U, 1000U))->capture_default_str();
  auto* tail = verb(app, a, "tail", "what changed last", "tail samples -n 5 --fields id,reward,completion",
                    shows([](auto& from, auto& said, auto& out, auto&) { //
                      show_tail(from, rows_asked(said), said.last, said.as(), out);
                    }));
  add_noun(tail, a);
  tail->add_option("-n", a.last, "so many")->check(CLI::Range(1U, 1'000'000U))->capture_default_str();
  add_where_option(tail, a);
  add_fields_option(tail, a);
  tail->add_flag("-f,--follow", a.follow, "go on, and show what changes from now on");
  add_pace(tail, a);
  auto* exported = verb(app, a, "export", "things of one kind, or the records of a dataset, as JSON lines",
                        "export dataset reasoning --fields prompt,completion --out data.jsonl", shows(export_what));
  add_noun_of(exported, a, and_one_more("dataset"), ": the records of one");
  exported->add_option("name", a.dataset, "of the dataset");
  add_row_options(exported, a);
  add_fields_option(exported, a);
  exported->add_option("--out", a.file, "write FILE, and FILE.manifest.json that says what is in it; else to stdout");
}

void define_one_thing(CLI::App& app, arguments_read& a) {
  auto* describe = verb(app, a, "describe", "one group: prompt, samples, history", "describe group 1t42",
                        shows([](auto& from, auto& said, auto& out, auto&) { //
                          describe_group(from, said.id, said.as(), out);
                        }));
  describe->add_option("what", a.noun, "group")->required()->check(CLI::IsMember({"group"}));
  describe->add_option("id", a.id, "group id, as 1t42")->required();
  auto* show = verb(app, a, "show", "all there is to know about one sample", "show sample 1t42/3",
                    shows([](auto& from, auto& said, auto& out, auto&) { //
                      show_sample(from, said.id, said.as(), out);
                    }));
  show->add_option("what", a.noun, "sample")->required()->check(CLI::IsMember({"sample"}));
  show->add_option("id", a.id, "sample id, as 1t42/3")->required();
}

} // namespace

void define_readers(CLI::App& app, arguments_read& a) {
  verb(app, a, "status", "stages, groups by fate, datasets", "status -o json",
       shows([](auto& from, auto& said, auto& out, auto&) { show_status(from, said.as(), out); }));
  define_get(app, a);
  define_row_verbs(app, a);
  define_one_thing(app, a);
  verb(app, a, "doctor", "check that every group and every record is accounted for", "doctor -o json",
       reads_store{[](auto& from, auto& said, auto& out, auto& err) { return run_doctor(from, said.as(), out, err); }});
  auto* checkpoint = verb(app, a, "checkpoint",
                          "create DIR: the store as of now, for troupectl to read; ls, verify: the model's checkpoints",
                          "checkpoint verify", reads_store{checkpoints});
  checkpoint->add_option("what", a.noun, "create, ls or verify")
      ->required()
      ->check(CLI::IsMember({"create", "ls", "verify"}));
  checkpoint->add_option("folder", a.file, "of create: the new folder");
}

} // namespace troupe::ctl
