// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/columns.hpp"
#include "runtime/metrics/time_text.hpp"

#include <algorithm>
#include <map>

namespace troupe::ctl {

namespace {

const char* work_in(group_state s) {
  return s == group_state::generating ? "generate" : s == group_state::verifying ? "verify" : "train";
}

/// Samples still to be made, or to be judged or trained on.
std::uint64_t unfinished(const group& g) {
  return static_cast<std::uint64_t>(std::count_if(g.members.begin(), g.members.end(), [&](const member& m) {
    return g.state == group_state::generating ? !m.submitted : m.dropped == drop_reason::none;
  }));
}

void add(of_lease& to, const group& g) {
  const auto taken = std::find_if(g.history.rbegin(), g.history.rend(), [&](auto& c) { return c.to == g.state; });
  if (taken != g.history.rend()) {
    to.holder = taken->by;
    to.since_ms = taken->at_ms;
  }
  to.work = work_in(g.state);
  to.samples += unfinished(g);
  to.groups.push_back(g.id);
}

const std::vector<column<of_lease>> lease_fields{
    {{"lease", number}, [](const of_lease& o) -> row { return o.id.value; }},
    {{"holder"}, [](const of_lease& o) -> row { return o.holder; }},
    {{"work"}, [](const of_lease& o) -> row { return o.work; }},
    {{"groups", number}, [](const of_lease& o) -> row { return o.groups.size(); }},
    {{"samples", number}, [](const of_lease& o) -> row { return o.samples; }},
    {{"first"}, [](const of_lease& o) -> row { return to_string(o.groups.front()); }},
    {{"since"}, [](const of_lease& o) -> row { return metrics::time_text(o.since_ms); }},
};

} // namespace

std::span<const column<of_lease>> lease_columns() {
  return lease_fields;
}

std::vector<of_lease> leases_in(const opened_store& from) {
  std::map<lease_id, of_lease> leases;
  from.journal->for_each_group([&](const group& g) {
    if (g.lease != lease_id{}) {
      auto& one = leases[g.lease];
      one.id = g.lease;
      add(one, g);
    }
    return true;
  });
  std::vector<of_lease> all;
  for (auto& [id, one] : leases) {
    all.push_back(std::move(one));
  }
  return all;
}

} // namespace troupe::ctl
