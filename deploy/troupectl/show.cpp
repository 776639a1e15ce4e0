// SPDX-License-Identifier: Apache-2.0
// The verbs that look at one thing: describe group, show sample.
#include "deploy/troupectl/sample_facts.hpp"
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/time_text.hpp"
#include "runtime/rollout/group_counts.hpp"

#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

namespace {

row history_of(const group& g) {
  row out = row::array();
  for (const auto& change : g.history) {
    out.push_back({{"at", metrics::time_text(change.at_ms)},
                   {"to", to_string(change.to)},
                   {"by", change.by.empty() ? "buffer" : change.by}});
  }
  return out;
}

void print_history(const row& history, std::ostream& out) {
  out << "\nhistory\n";
  for (const auto& h : history) {
    out << fmt::format("  {}  {:<10}  {}\n", cell_text(h["at"]), cell_text(h["to"]), cell_text(h["by"]));
  }
}

void print_fields(const row& r, std::size_t most, std::ostream& out) {
  std::size_t width = 0;
  for (const auto& [name, value] : r.items()) {
    width = std::max(width, value.is_structured() ? 0 : name.size());
  }
  for (const auto& [name, value] : r.items()) {
    if (!value.is_structured()) {
      out << fmt::format("{:<{}}  {}\n", name, width, cell_text(value, most));
    }
  }
}

row member_rows(const opened_store& from, const group& g) {
  const sample_facts facts{from};
  const auto advantages = facts.advantages(g);
  row out = row::array();
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    const auto& m = g.members[i];
    const auto staleness = facts.staleness(g, m);
    const auto said = m.submitted || has_partial(m) ? from.journal->find_sample({g.id, i}) : std::nullopt;
    out.push_back({{"sample", to_string(sample_id{g.id, i})},
                   {"fate", rollout::fate(g, m)},
                   {"verdict", to_string(m.verdict)},
                   {"reward", m.reward},
                   {"advantage", advantages.empty() ? row() : row(advantages[i])},
                   {"staleness", staleness ? row(*staleness) : row()},
                   {"tokens", m.num_tokens},
                   {"finish", m.submitted ? row(to_string(m.finish)) : row()},
                   {"completion", said ? row(said->text) : row()}});
  }
  return out;
}

row segments_of(const sample& s) {
  row out = row::array();
  for (const auto& one : s.segments) {
    out.push_back({{"source", one.source == segment_source::policy ? "policy" : "environment"},
                   {"begin", one.begin},
                   {"end", one.end},
                   {"version", one.version.value}});
  }
  return out;
}

row parts_of(const judgement& j) {
  row out = row::array();
  for (const auto& part : j.parts) {
    out.push_back({{"name", part.name},
                   {"value", part.verdict == verdict_kind::undecided ? row() : row(part.value)},
                   {"weight", part.weight},
                   {"verdict", to_string(part.verdict)},
                   {"reason", part.reason}});
  }
  return out;
}

row training_step(const sample_facts& facts, const group& g) {
  const auto s = facts.trained_by(g);
  return s ? row{{"stage", facts.stage_name(s->stage)},
                 {"version", s->version.value},
                 {"branch", s->branch},
                 {"skipped", s->skipped}}
           : row{};
}

row sample_page(const opened_store& from, const group& g, std::uint32_t index) {
  const sample_facts facts{from};
  const sample_id id{g.id, index};
  const auto& m = g.members[index];
  const auto asked = from.journal->find_prompt(g.id);
  const auto said = from.journal->find_sample(id);
  const auto judged = from.journal->find_judgement(id);
  const auto advantages = facts.advantages(g);
  const auto staleness = facts.staleness(g, m);
  const auto rewards = facts.rewards(g);
  const bool sampled = said || (m.submitted && g.forgotten_ms != 0); // the group still knows of it
  const bool has_verdict = judged || (sampled && !said && g.outstanding_parts == 0);
  return {{"id", to_string(id)},
          {"stage", facts.stage_name(g.id.stage)},
          {"purpose", to_string(g.id.why)},
          {"task", g.task},
          {"fate", rollout::fate(g, m)},
          {"forgotten", g.forgotten_ms == 0 ? row() : row(metrics::time_text(g.forgotten_ms))},
          {"trained_by", training_step(facts, g)},
          {"prompt", asked ? row(prompt_text(*asked)) : row()},
          {"answer", asked ? row(asked->answer) : row()},
          {"completion", said ? row(said->text) : row()},
          {"verdict", has_verdict ? row(to_string(judged ? judged->verdict : m.verdict)) : row()},
          {"reward", has_verdict ? row(judged ? judged->reward : m.reward) : row()},
          {"rewards", judged ? parts_of(*judged) : row::array()},
          {"group_reward_mean", has_verdict ? row(rewards.mean) : row()},
          {"group_reward_std", has_verdict ? row(rewards.deviation) : row()},
          {"advantage", advantages.empty() ? row() : row(advantages[index])},
          {"issued_at", g.issued_at.value},
          {"oldest_version", sampled ? row(m.oldest.value) : row()},
          {"newest_version", sampled ? row(m.newest.value) : row()},
          {"staleness", staleness ? row(*staleness) : row()},
          {"finish", sampled ? row(to_string(m.finish)) : row()},
          {"num_tokens", sampled ? row(m.num_tokens) : row()},
          {"tokens", said ? row(said->tokens) : row::array()},
          {"logprobs", said ? row(said->logprobs) : row::array()},
          {"segments", said ? segments_of(*said) : row::array()},
          {"history", history_of(g)}};
}

/// What stands in the place of prompt and answers.
void print_forgotten(const row& page, std::ostream& out) {
  if (!page["forgotten"].is_null()) {
    out << fmt::format("forgotten by retention at {}\n", cell_text(page["forgotten"]));
  }
}

void print_list(const row& page, const char* name, const std::vector<std::string>& columns, std::ostream& out) {
  if (!page[name].empty()) {
    out << "\n" << name << "\n";
    print_table(page[name].get<std::vector<row>>(), columns, out);
  }
}

} // namespace

void describe_group(const opened_store& from, const std::string& id, output_format as, std::ostream& out) {
  const group g = find_group(*from.journal, id);
  row page = group_row(from, g);
  const auto asked = from.journal->find_prompt(g.id);
  page["prompt"] = asked ? row(prompt_text(*asked)) : row();
  page["answer"] = asked ? row(asked->answer) : row();
  page["outstanding_parts"] = g.outstanding_parts;
  page["samples"] = member_rows(from, g);
  page["history"] = history_of(g);
  if (as == output_format::json) {
    out << json_page(page) << "\n";
    return;
  }
  print_fields(page, 0, out);
  print_forgotten(page, out);
  print_list(page, "samples",
             {"sample", "fate", "verdict", "reward", "advantage", "staleness", "tokens", "finish", "completion"}, out);
  print_history(page["history"], out);
}

void show_sample(const opened_store& from, const std::string& id, output_format as, std::ostream& out) {
  const auto parsed = parse_sample_id(id);
  if (!parsed) {
    throw error{errc::invalid, fmt::format("{} is no sample id; one looks like 1t42/3", id)};
  }
  const group g = find_group(*from.journal, parsed->group);
  if (parsed->index >= g.members.size()) {
    throw error{errc::not_found, fmt::format("group {} has {} samples, 0 to {}", to_string(g.id), g.members.size(),
                                             static_cast<std::int64_t>(g.members.size()) - 1)};
  }
  row page = sample_page(from, g, parsed->index);
  if (as == output_format::json) {
    out << json_page(page) << "\n";
    return;
  }
  print_fields(page, 0, out);
  print_forgotten(page, out);
  const row step = page["trained_by"];
  out << (step.is_null()
              ? std::string{"trained_by  no step\n"}
              : fmt::format("trained_by  {} step {}{}\n", cell_text(step["stage"]), cell_text(step["version"]),
                            step["skipped"].get<bool>() ? " (skipped: gradient was not a number)" : ""));
  print_list(page, "rewards", {"name", "value", "weight", "verdict", "reason"}, out);
  print_list(page, "segments", {"source", "begin", "end", "version"}, out);
  out << "\ntokens\n  " << fmt::format("{}", fmt::join(page["tokens"].get<std::vector<std::int32_t>>(), " ")) << "\n";
  print_history(page["history"], out);
}

} // namespace troupe::ctl
