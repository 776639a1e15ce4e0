// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/rows.hpp"

#include "deploy/troupectl/columns.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace troupe::ctl {

namespace {

bool visit_samples(const opened_store& from, const sample_facts& facts, const group& g, bool payloads,
                   const row_visitor& visit) {
  const auto advantages = facts.advantages(g);
  const auto asked = payloads ? from.journal->find_prompt(g.id) : std::nullopt;
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    const bool stored = g.members[i].submitted && g.forgotten_ms == 0;
    if (!visit(make_row(sample_columns(), {from, facts, g, i, advantages, asked}, payloads && stored))) {
      return false;
    }
  }
  return true;
}

void visit_steps(const opened_store& from, const sample_facts& facts, const row_visitor& visit) {
  for (const auto& stage : from.journal->stages()) {
    for (const auto& s : from.journal->steps(stage.stage)) {
      auto metrics = row::parse(s.metrics, nullptr, false);
      if (!visit(make_row(step_columns(), {facts, s, metrics.is_object() ? std::move(metrics) : row::object()}))) {
        return;
      }
    }
  }
}

void visit_datasets(const opened_store& from, const sample_facts& facts, const row_visitor& visit) {
  for (const auto& d : from.journal->datasets()) {
    if (!visit(make_row(dataset_columns(), {facts, d}))) {
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
                                             names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")))};
  }
  from.journal->for_each_record(dataset, [&](const dataset_record& d) { return visit(make_row(record_columns(), d)); });
}

} // namespace

std::span<const field> fields_of(noun what) {
  static const std::array<std::vector<field>, 6> all{fields_in(group_columns()), fields_in(sample_columns()),
                                                     fields_in(step_columns()),  fields_in(dataset_columns()),
                                                     fields_in(lease_columns()), fields_in(record_columns())};
  return all.at(static_cast<std::size_t>(what));
}

const std::vector<std::string>& noun_names() {
  static const std::vector<std::string> names{"groups", "samples", "steps", "datasets", "leases"};
  return names;
}

noun parse_noun(std::string_view name) {
  const auto& names = noun_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) {
    throw error{errc::invalid, fmt::format("{} is none of {}", name, fmt::join(names, ", "))};
  }
  return static_cast<noun>(it - names.begin());
}

row group_row(const opened_store& from, const group& g) {
  return make_row(group_columns(), {sample_facts{from}, g});
}

group find_group(const store::journal& in, const group_id& id) {
  auto g = in.find_group(id);
  if (!g) {
    throw error{errc::not_found, fmt::format("there is no group {}; `get groups` lists them", to_string(id))};
  }
  return std::move(*g);
}

group find_group(const store::journal& in, const std::string& id) {
  const auto parsed = parse_group_id(id);
  if (!parsed) {
    throw error{errc::invalid, id + " is no group id; one looks like 1t42 (stage, t/c/e, cursor)"};
  }
  return find_group(in, *parsed);
}

void for_each_row(const opened_store& from, const selection& which, const row_visitor& visit) {
  if (which.what == noun::records) {
    visit_records(from, which.dataset, visit);
    return;
  }
  const sample_facts facts{from};
  switch (which.what) {
  case noun::groups:
    from.journal->for_each_group([&](const group& g) { return visit(make_row(group_columns(), {facts, g})); });
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
    for (const auto& one : leases_in(from)) {
      if (!visit(make_row(lease_columns(), one))) {
        return;
      }
    }
    break;
  case noun::records:
    break;
  }
}

} // namespace troupe::ctl
