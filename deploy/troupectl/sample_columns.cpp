// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/columns.hpp"
#include "runtime/rollout/group_counts.hpp"
#include "runtime/rollout/group_machine.hpp"

namespace troupe::ctl {

namespace {

row completion(const of_sample& o) {
  const auto said = o.from.journal->find_sample(o.id());
  return said ? row(said->text) : row();
}

row rewards(const of_sample& o) {
  row out = row::object();
  if (const auto judged = o.from.journal->find_judgement(o.id())) {
    for (const auto& part : judged->parts) {
      out[part.name] = part.verdict == verdict_kind::undecided ? row() : row(part.value);
    }
  }
  return out;
}

/// Nothing for a member without a sample.
template <class T>
row sampled(const of_sample& o, T value) {
  return o.m().submitted ? row(value) : row();
}

const std::vector<column<of_sample>> sample_fields{
    {{"id"}, [](const of_sample& o) -> row { return to_string(o.id()); }},
    {{"group", text, false}, [](const of_sample& o) -> row { return to_string(o.g.id); }},
    {{"index", number, false}, [](const of_sample& o) -> row { return o.index; }},
    {{"stage"}, [](const of_sample& o) -> row { return o.facts.stage_name(o.g.id.stage); }},
    {{"purpose", text, false}, [](const of_sample& o) -> row { return to_string(o.g.id.why); }},
    {{"task"}, [](const of_sample& o) -> row { return o.g.task; }},
    {{"fate"}, [](const of_sample& o) -> row { return rollout::fate(o.g, o.m()); }},
    {{"verdict"}, [](const of_sample& o) -> row { return to_string(o.m().verdict); }},
    {{"reward", number}, [](const of_sample& o) -> row { return rollout::is_judged(o.g) ? row(o.m().reward) : row(); }},
    {{"advantage", number},
     [](const of_sample& o) -> row { return o.advantages.empty() ? row() : row(o.advantages[o.index]); }},
    {{"staleness", number}, [](const of_sample& o) -> row { return maybe(o.facts.staleness(o.g, o.m())); }},
    {{"tokens", number}, [](const of_sample& o) -> row { return o.m().num_tokens; }},
    {{"finish"}, [](const of_sample& o) -> row { return sampled(o, to_string(o.m().finish)); }},
    {{"oldest_version", number, false}, [](const of_sample& o) -> row { return sampled(o, o.m().oldest.value); }},
    {{"newest_version", number, false}, [](const of_sample& o) -> row { return sampled(o, o.m().newest.value); }},
    {{"trained_at", number}, [](const of_sample& o) -> row { return maybe(o.g.trained_at); }},
    {{"changed", text, false}, [](const of_sample& o) -> row { return changed(o.g); }},
    {{"forgotten", text, false}, [](const of_sample& o) -> row { return forgotten(o.g); }},
    {{"prompt", text, false, true},
     [](const of_sample& o) -> row { return o.asked ? row(prompt_text(*o.asked)) : row(); }},
    {{"completion", text, false, true}, completion},
    {{"answer", text, false, true}, [](const of_sample& o) -> row { return o.asked ? row(o.asked->answer) : row(); }},
    {{"rewards/", number, false, true}, rewards},
};

} // namespace

std::span<const column<of_sample>> sample_columns() {
  return sample_fields;
}

} // namespace troupe::ctl
