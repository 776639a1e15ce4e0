// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/columns.hpp"

namespace troupe::ctl {

namespace {

row figure(const of_step& o, const char* name) {
  const auto it = o.metrics.find(name);
  return it == o.metrics.end() ? row() : *it;
}

const std::vector<column<of_step>> step_fields{
    {{"stage"}, [](const of_step& o) -> row { return o.facts.stage_name(o.s.stage); }},
    {{"version", number}, [](const of_step& o) -> row { return o.s.version.value; }},
    {{"branch", number}, [](const of_step& o) -> row { return o.s.branch; }},
    {{"groups", number}, [](const of_step& o) -> row { return o.s.groups.size(); }},
    {{"data_cursor", number}, [](const of_step& o) -> row { return o.s.data_cursor; }},
    {{"skipped", field_type::boolean}, [](const of_step& o) -> row { return o.s.skipped; }},
    {{"loss", number}, [](const of_step& o) -> row { return figure(o, "loss"); }},
    {{"reward", number}, [](const of_step& o) -> row { return figure(o, "reward"); }},
    {{"accuracy", number}, [](const of_step& o) -> row { return figure(o, "accuracy"); }},
    {{"metrics/", number, false}, [](const of_step& o) -> row { return o.metrics; }},
};

} // namespace

std::span<const column<of_step>> step_columns() {
  return step_fields;
}

} // namespace troupe::ctl
