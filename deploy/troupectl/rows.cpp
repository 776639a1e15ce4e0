// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/rows.hpp"

#include "deploy/troupectl/lease_rows.hpp"
#include "deploy/troupectl/sample_facts.hpp"
#include "runtime/error.hpp"
#include "runtime/rollout/group_counts.hpp"
#include "runtime/rollout/group_machine.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace troupe::ctl {

namespace {

constexpr auto number = field_type::number;
constexpr auto text = field_type::text;
constexpr auto boolean = field_type::boolean;

const std::vector<field> group_fields{{"id"},
                                      {"stage"},
                                      {"purpose"},
                                      {"task"},
                                      {"state"},
                                      {"dropped"},
                                      {"members", number},
                                      {"submitted", number},
                                      {"correct", number},
                                      {"reward_mean", number},
                                      {"tokens", number},
                                      {"issued_at", number},
                                      {"trained_at", number},
                                      {"staleness", number},
                                      {"changed", text, false},
                                      {"forgotten", text, false},
                                      {"prompt_index", number, false},
                                      {"pinned", number, false},
                                      {"evaluation", number, false}};
const std::vector<field> sample_fields{{"id"},
                                       {"group", text, false},
                                       {"index", number, false},
                                       {"stage"},
                                       {"purpose", text, false},
                                       {"task"},
                                       {"fate"},
                                       {"verdict"},
                                       {"reward", number},
                                       {"advantage", number},
                                       {"staleness", number},
                                       {"tokens", number},
                                       {"finish"},
                                       {"oldest_version", number, false},
                                       {"newest_version", number, false},
                                       {"trained_at", number},
                                       {"changed", text, false},
                                       {"forgotten", text, false},
                                       {"prompt", text, false, true},
                                       {"completion", text, false, true},
                                       {"answer", text, false, true},
                                       {"rewards/", number, false, true}};
const std::vector<field> step_fields{{"stage"},
                                     {"version", number},
                                     {"branch", number},
                                     {"groups", number},
                                     {"data_cursor", number},
                                     {"skipped", boolean},
                                     {"loss", number},
                                     {"reward", number},
                                     {"accuracy", number},
                                     {"metrics/", number, false}};
const std::vector<field> dataset_fields{{"name"},
                                        {"version", number},
                                        {"records", number},
                                        {"considered", number},
                                        {"kept_share", number},
                                        {"stage"},
                                        {"policy", number},
                                        {"step", number, false},
                                        {"policy_checkpoint"},
                                        {"filter", text, false},
                                        {"verifiers", text, false},
                                        {"parents"},
                                        {"seed", number, false}};
const std::vector<field> record_fields{{"index", number}, {"source"}, {"task"},          {"prompt"},
                                       {"completion"},    {"answer"}, {"reward", number}};

template <class T>
row maybe(const std::optional<T>& value) {
  return value ? row(*value) : row();
}

row maybe_version(const std::optional<policy_version>& v) {
  return v ? row(v->value) : row();
}

row changed(const group& g) {
  return g.history.empty() ? row() : row(when(g.history.back().at_ms));
}

row forgotten(const group& g) {
  return g.forgotten_ms == 0 ? row() : row(when(g.forgotten_ms));
}

row describe(const sample_facts& facts, const group& g) {
  std::uint64_t submitted = 0, correct = 0, tokens = 0;
  double reward = 0;
  std::optional<std::uint64_t> staleness;
  for (const auto& m : g.members) {
    submitted += m.submitted ? 1 : 0;
    correct += m.verdict == verdict_kind::correct ? 1 : 0;
    tokens += m.num_tokens;
    reward += m.reward;
    if (const auto s = facts.staleness(g, m)) {
      staleness = std::max(staleness.value_or(0), *s);
    }
  }
  const bool judged = rollout::is_judged(g) && !g.members.empty();
  return {{"id", to_string(g.id)},
          {"stage", facts.stage_name(g.id.stage)},
          {"purpose", to_string(g.id.why)},
          {"task", g.task},
          {"state", to_string(g.state)},
          {"dropped", g.dropped == drop_reason::none ? row() : row(to_string(g.dropped))},
          {"members", g.members.size()},
          {"submitted", submitted},
          {"correct", correct},
          {"reward_mean", judged ? row(reward / static_cast<double>(g.members.size())) : row()},
          {"tokens", tokens},
          {"issued_at", g.issued_at.value},
          {"trained_at", maybe_version(g.trained_at)},
          {"staleness", maybe(staleness)},
          {"changed", changed(g)},
          {"forgotten", forgotten(g)},
          {"prompt_index", g.prompt_index},
          {"pinned", maybe_version(g.pinned)},
          {"evaluation", g.id.why == purpose::eval ? row(g.evaluation) : row()}};
}

void add_payload(const opened_store& from, const group& g, std::uint32_t index, const std::optional<prompt>& asked,
                 row& r) {
  const sample_id id{g.id, index};
  const auto said = from.journal->find_sample(id);
  r["prompt"] = asked ? row(prompt_text(*asked)) : row();
  r["completion"] = said ? row(said->text) : row();
  r["answer"] = asked ? row(asked->answer) : row();
  if (const auto judged = from.journal->find_judgement(id)) {
    for (const auto& part : judged->parts) {
      r["rewards/" + part.name] = part.verdict == verdict_kind::undecided ? row() : row(part.value);
    }
  }
}

bool visit_samples(const opened_store& from, const sample_facts& facts, const group& g, bool payloads,
                   const row_visitor& visit) {
  const auto advantages = facts.advantages(g);
  const auto asked = payloads ? from.journal->find_prompt(g.id) : std::nullopt;
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    const auto& m = g.members[i];
    const auto version = [&](policy_version v) { return m.submitted ? row(v.value) : row(); };
    const bool judged = rollout::is_judged(g);
    row r{{"id", to_string(sample_id{g.id, i})},
          {"group", to_string(g.id)},
          {"index", i},
          {"stage", facts.stage_name(g.id.stage)},
          {"purpose", to_string(g.id.why)},
          {"task", g.task},
          {"fate", rollout::fate(g, m)},
          {"verdict", to_string(m.verdict)},
          {"reward", judged ? row(m.reward) : row()},
          {"advantage", advantages.empty() ? row() : row(advantages[i])},
          {"staleness", maybe(facts.staleness(g, m))},
          {"tokens", m.num_tokens},
          {"finish", m.submitted ? row(to_string(m.finish)) : row()},
          {"oldest_version", version(m.oldest)},
          {"newest_version", version(m.newest)},
          {"trained_at", maybe_version(g.trained_at)},
          {"changed", changed(g)},
          {"forgotten", forgotten(g)}};
    if (payloads && m.submitted && g.forgotten_ms == 0) {
      add_payload(from, g, i, asked, r);
    }
    if (!visit(r)) {
      return false;
    }
  }
  return true;
}

void visit_steps(const opened_store& from, const sample_facts& facts, const row_visitor& visit) {
  for (const auto& stage : from.journal->stages()) {
    for (const auto& s : present_steps(*from.journal, stage.stage)) {
      row r{{"stage", facts.stage_name(s.stage)}, {"version", s.version.value},   {"branch", s.branch},
            {"groups", s.groups.size()},          {"data_cursor", s.data_cursor}, {"skipped", s.skipped}};
      const auto metrics = row::parse(s.metrics.empty() ? "{}" : s.metrics, nullptr, false);
      for (const char* name : {"loss", "reward", "accuracy"}) {
        r[name] = metrics.is_object() && metrics.contains(name) ? metrics[name] : row();
      }
      if (metrics.is_object()) {
        for (const auto& [name, value] : metrics.items()) {
          r["metrics/" + name] = value;
        }
      }
      if (!visit(r)) {
        return;
      }
    }
  }
}

std::string joined(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

void visit_datasets(const opened_store& from, const sample_facts& facts, const row_visitor& visit) {
  for (const auto& d : from.journal->datasets()) {
    const double share = d.considered == 0 ? 0 : static_cast<double>(d.records) / static_cast<double>(d.considered);
    const row r{{"name", d.name},
                {"version", d.version},
                {"records", d.records},
                {"considered", d.considered},
                {"kept_share", share},
                {"stage", d.stage == no_stage ? row() : row(facts.stage_name(d.stage))},
                {"policy", d.stage == no_stage ? row() : row(d.policy.value)},
                {"step", d.step},
                {"policy_checkpoint", d.policy_checkpoint},
                {"filter", d.filter},
                {"verifiers", joined(d.verifiers)},
                {"parents", joined(d.parents)},
                {"seed", d.seed}};
    if (!visit(r)) {
      return;
    }
  }
}

void visit_records(const opened_store& from, const std::string& dataset, const row_visitor& visit) {
  std::vector<std::string> names;
  for (const auto& d : from.journal->datasets()) {
    names.push_back(d.name);
  }
  if (std::find(names.begin(), names.end(), dataset) == names.end()) {
    throw error{errc::not_found, fmt::format("there is no dataset {}; the store has: {}", dataset,
                                             names.empty() ? "none" : joined(names))};
  }
  from.journal->for_each_record(dataset, [&](const dataset_record& d) {
    return visit({{"index", d.index},
                  {"source", d.source ? row(to_string(*d.source)) : row()},
                  {"task", d.task},
                  {"prompt", d.prompt},
                  {"completion", d.completion},
                  {"answer", d.answer},
                  {"reward", d.reward}});
  });
}

} // namespace

std::span<const field> fields_of(noun what) {
  switch (what) {
  case noun::groups:
    return group_fields;
  case noun::samples:
    return sample_fields;
  case noun::steps:
    return step_fields;
  case noun::datasets:
    return dataset_fields;
  case noun::leases:
    return lease_fields;
  case noun::records:
    break;
  }
  return record_fields;
}

const std::vector<std::string>& noun_names() {
  static const std::vector<std::string> names{"groups", "samples", "steps", "datasets", "leases"};
  return names;
}

noun parse_noun(std::string_view name) {
  const auto& names = noun_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) {
    throw error{errc::invalid, fmt::format("{} is none of {}", name, joined(names))};
  }
  return static_cast<noun>(it - names.begin());
}

row group_row(const opened_store& from, const group& g) {
  return describe(sample_facts{from}, g);
}

void for_each_row(const opened_store& from, const selection& which, const row_visitor& visit) {
  if (which.what == noun::records) {
    visit_records(from, which.dataset, visit);
    return;
  }
  const sample_facts facts{from};
  switch (which.what) {
  case noun::groups:
    from.journal->for_each_group([&](const group& g) { return visit(describe(facts, g)); });
    break;
  case noun::samples:
    from.journal->for_each_group(
        [&](const group& g) { return visit_samples(from, facts, g, which.with_payloads, visit); });
    break;
  case noun::steps:
    visit_steps(from, facts, visit);
    break;
  case noun::datasets:
    visit_datasets(from, facts, visit);
    break;
  case noun::leases:
    visit_leases(from, visit);
    break;
  case noun::records:
    break;
  }
}

} // namespace troupe::ctl
