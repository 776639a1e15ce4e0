// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/lease_rows.hpp"

#include "deploy/troupectl/sample_facts.hpp"

#include <algorithm>
#include <map>

namespace troupe::ctl {

namespace {

constexpr auto number = field_type::number;

struct standing_lease {
  const char* work = "";
  std::string holder;
  std::int64_t since_ms = 0;
  std::vector<group_id> groups;
  std::uint64_t unfinished = 0; ///< samples to make or to judge; of the learner's batch, to train on
};

const char* work_in(group_state s) {
  return s == group_state::generating ? "generate" : s == group_state::verifying ? "verify" : "train";
}

void add(standing_lease& to, const group& g) {
  to.work = work_in(g.state);
  const auto taken = std::find_if(g.history.rbegin(), g.history.rend(), [&](auto& c) { return c.to == g.state; });
  if (taken != g.history.rend()) {
    to.holder = taken->by;
    to.since_ms = taken->at_ms;
  }
  to.unfinished += static_cast<std::uint64_t>(std::count_if(g.members.begin(), g.members.end(), [&](const member& m) {
    return g.state == group_state::generating ? !m.submitted : m.dropped == drop_reason::none;
  }));
  to.groups.push_back(g.id);
}

} // namespace

const std::vector<field> lease_fields{{"lease", number},   {"holder"}, {"work"}, {"groups", number},
                                      {"samples", number}, {"first"},  {"since"}};

void visit_leases(const opened_store& from, const row_visitor& visit) {
  std::map<lease_id, standing_lease> leases;
  from.journal->for_each_group([&](const group& g) {
    if (g.lease != lease_id{}) {
      add(leases[g.lease], g);
    }
    return true;
  });
  for (const auto& [id, l] : leases) {
    const row r{{"lease", id.value},         {"holder", l.holder},      {"work", l.work},
                {"groups", l.groups.size()}, {"samples", l.unfinished}, {"first", to_string(l.groups.front())},
                {"since", when(l.since_ms)}};
    if (!visit(r)) {
      return;
    }
  }
}

} // namespace troupe::ctl
