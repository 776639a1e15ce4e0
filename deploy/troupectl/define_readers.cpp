// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/define.hpp"
#include "deploy/troupectl/rows.hpp"

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

} // namespace

void define_readers(CLI::App& app, arguments_read& a) {
  verb(app, "status", "stages, groups by fate, datasets", "status -o json");
  auto* get = verb(app, "get", "list things of one kind", "get samples --where 'verdict == \"incorrect\"' --limit 20");
  get->alias("list");
  add_noun_of(get, a, and_one_more("workers"), ", which only a live cluster has");
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
  tail->add_flag("-f,--follow", a.follow, "go on, and show what changes from now on");
  add_pace(tail, a);
  auto* describe = verb(app, "describe", "one group: prompt, samples, history", "describe group 1t42");
  describe->add_option("what", a.noun, "group")->required()->check(CLI::IsMember({"group"}));
  describe->add_option("id", a.id, "group id, as 1t42")->required();
  auto* show = verb(app, "show", "all there is to know about one sample", "show sample 1t42/3");
  show->add_option("what", a.noun, "sample")->required()->check(CLI::IsMember({"sample"}));
  show->add_option("id", a.id, "sample id, as 1t42/3")->required();
  auto* exported = verb(app, "export", "things of one kind, or the records of a dataset, as JSON lines",
                        "export dataset reasoning --fields prompt,completion --out data.jsonl");
  add_noun_of(exported, a, and_one_more("dataset"), ": the records of one");
  exported->add_option("name", a.dataset, "of the dataset");
  add_row_options(exported, a);
  add_fields_option(exported, a);
  exported->add_option("--out", a.file, "write FILE, and FILE.manifest.json that says what is in it; else to stdout");
  verb(app, "doctor", "check that every group and every record is accounted for", "doctor -o json");
  auto* checkpoint = verb(app, "checkpoint",
                          "create DIR: the store as of now, for troupectl to read; ls, verify: the model's checkpoints",
                          "checkpoint verify");
  checkpoint->add_option("what", a.noun, "create, ls or verify")
      ->required()
      ->check(CLI::IsMember({"create", "ls", "verify"}));
  checkpoint->add_option("folder", a.file, "of create: the new folder");
}

} // namespace troupe::ctl
