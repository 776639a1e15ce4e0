// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/columns.hpp"
#include "runtime/metrics/time_text.hpp"
#include "runtime/rollout/group_machine.hpp"

#include <algorithm>

namespace troupe::ctl {

namespace {

/// The sum of a figure over the group's members.
template <class Figure>
auto sum(const of_group& o, Figure of) {
  decltype(of(o.g.members.front())) total{};
  for (const auto& m : o.g.members) {
    total += of(m);
  }
  return total;
}

row reward_mean(const of_group& o) {
  if (!rollout::is_judged(o.g) || o.g.members.empty()) {
    return {};
  }
  return sum(o, [](const member& m) { return m.reward; }) / static_cast<double>(o.g.members.size());
}

row staleness(const of_group& o) {
  std::optional<std::uint64_t> most;
  for (const auto& m : o.g.members) {
    if (const auto s = o.facts.staleness(o.g, m)) {
      most = std::max(most.value_or(0), *s);
    }
  }
  return maybe(most);
}

std::uint64_t submitted(const member& m) {
  return m.submitted ? 1 : 0;
}
std::uint64_t correct(const member& m) {
  return m.verdict == verdict_kind::correct ? 1 : 0;
}
std::uint64_t tokens(const member& m) {
  return m.num_tokens;
}

const std::vector<column<of_group>> group_fields{
    {{"id"}, [](const of_group& o) -> row { return to_string(o.g.id); }},
    {{"stage"}, [](const of_group& o) -> row { return o.facts.stage_name(o.g.id.stage); }},
    {{"purpose"}, [](const of_group& o) -> row { return to_string(o.g.id.why); }},
    {{"task"}, [](const of_group& o) -> row { return o.g.task; }},
    {{"state"}, [](const of_group& o) -> row { return to_string(o.g.state); }},
    {{"dropped"},
     [](const of_group& o) -> row { return o.g.dropped == drop_reason::none ? row() : row(to_string(o.g.dropped)); }},
    {{"members", number}, [](const of_group& o) -> row { return o.g.members.size(); }},
    {{"submitted", number}, [](const of_group& o) -> row { return sum(o, submitted); }},
    {{"correct", number}, [](const of_group& o) -> row { return sum(o, correct); }},
    {{"reward_mean", number}, reward_mean},
    {{"tokens", number}, [](const of_group& o) -> row { return sum(o, tokens); }},
    {{"issued_at", number}, [](const of_group& o) -> row { return o.g.issued_at.value; }},
    {{"trained_at", number}, [](const of_group& o) -> row { return maybe(o.g.trained_at); }},
    {{"staleness", number}, staleness},
    {{"changed", text, false}, [](const of_group& o) -> row { return changed(o.g); }},
    {{"forgotten", text, false}, [](const of_group& o) -> row { return forgotten(o.g); }},
    {{"prompt_index", number, false}, [](const of_group& o) -> row { return o.g.prompt_index; }},
    {{"pinned", number, false}, [](const of_group& o) -> row { return maybe(o.g.pinned); }},
    {{"evaluation", number, false},
     [](const of_group& o) -> row { return o.g.id.why == purpose::eval ? row(o.g.evaluation) : row(); }},
};

} // namespace

row changed(const group& g) {
  return g.history.empty() ? row() : row(metrics::time_text(g.history.back().at_ms));
}

row forgotten(const group& g) {
  return g.forgotten_ms == 0 ? row() : row(metrics::time_text(g.forgotten_ms));
}

std::span<const column<of_group>> group_columns() {
  return group_fields;
}

} // namespace troupe::ctl
