// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/columns.hpp"

#include <fmt/format.h>

namespace troupe::ctl {

namespace {

std::string joined(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

row kept_share(const of_dataset& o) {
  return o.d.considered == 0 ? 0.0 : static_cast<double>(o.d.records) / static_cast<double>(o.d.considered);
}

bool imported(const of_dataset& o) {
  return o.d.stage == no_stage;
}

const std::vector<column<of_dataset>> datasets{
    {{"name"}, [](const of_dataset& o) -> row { return o.d.name; }},
    {{"version", number}, [](const of_dataset& o) -> row { return o.d.version; }},
    {{"records", number}, [](const of_dataset& o) -> row { return o.d.records; }},
    {{"considered", number}, [](const of_dataset& o) -> row { return o.d.considered; }},
    {{"kept_share", number}, kept_share},
    {{"stage"}, [](const of_dataset& o) -> row { return imported(o) ? row() : row(o.facts.stage_name(o.d.stage)); }},
    {{"policy", number}, [](const of_dataset& o) -> row { return imported(o) ? row() : row(o.d.policy.value); }},
    {{"step", number, false}, [](const of_dataset& o) -> row { return o.d.step; }},
    {{"policy_checkpoint"}, [](const of_dataset& o) -> row { return o.d.policy_checkpoint; }},
    {{"filter", text, false}, [](const of_dataset& o) -> row { return o.d.filter; }},
    {{"verifiers", text, false}, [](const of_dataset& o) -> row { return joined(o.d.verifiers); }},
    {{"parents"}, [](const of_dataset& o) -> row { return joined(o.d.parents); }},
    {{"seed", number, false}, [](const of_dataset& o) -> row { return o.d.seed; }},
};

const std::vector<column<dataset_record>> records{
    {{"index", number}, [](const dataset_record& d) -> row { return d.index; }},
    {{"source"}, [](const dataset_record& d) -> row { return d.source ? row(to_string(*d.source)) : row(); }},
    {{"task"}, [](const dataset_record& d) -> row { return d.task; }},
    {{"prompt"}, [](const dataset_record& d) -> row { return d.prompt; }},
    {{"completion"}, [](const dataset_record& d) -> row { return d.completion; }},
    {{"answer"}, [](const dataset_record& d) -> row { return d.answer; }},
    {{"reward", number}, [](const dataset_record& d) -> row { return d.reward; }},
};

} // namespace

std::span<const column<of_dataset>> dataset_columns() {
  return datasets;
}

std::span<const column<dataset_record>> record_columns() {
  return records;
}

} // namespace troupe::ctl
