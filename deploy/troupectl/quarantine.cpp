// SPDX-License-Identifier: Apache-2.0
// The verb that sets a group aside, and takes it back.
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/error.hpp"
#include "runtime/rollout/group_machine.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

namespace {

[[noreturn]] void refuse(const group& g, const std::string& why) {
  throw error{errc::conflict, fmt::format("group {} stays as it is: {}", to_string(g.id), why)};
}

/// Datasets and steps hold on to what they were made of.
void require_unreferenced(const store::journal& in, const group& g) {
  for (const auto& step : in.steps(g.id.stage)) {
    if (std::find(step.groups.begin(), step.groups.end(), g.id) != step.groups.end()) {
      refuse(g, fmt::format("step {} of stage {} trained on it", step.version.value, g.id.stage.value));
    }
  }
  for (const auto& d : in.datasets()) {
    in.for_each_record(d.name, [&](const dataset_record& r) {
      if (r.source && r.source->group == g.id) {
        refuse(g, fmt::format("record {} of dataset {} was made of it", r.index, d.name));
      }
      return true;
    });
  }
}

group set_aside(const store::journal& in, const group& g, std::int64_t now_ms) {
  require_unreferenced(in, g);
  auto after = rollout::apply(g, rollout::event::drop{drop_reason::corrupt}, now_ms);
  if (!after) {
    refuse(g, g.state == group_state::dropped
                  ? fmt::format("it was dropped already, as {}", to_string(g.dropped))
                  : fmt::format("it is {}, and what was made of it has counted it", to_string(g.state)));
  }
  return std::move(*after);
}

group take_back(const store::journal& in, const group& g, std::int64_t now_ms) {
  auto after = rollout::apply(g, rollout::event::release{"operator"}, now_ms);
  if (!after) {
    refuse(g, "it is not in quarantine, but " + to_string(g.state) +
                  (g.state == group_state::dropped ? " as " + to_string(g.dropped) : ""));
  }
  for (const auto& s : in.stages()) {
    if (s.stage == g.id.stage && s.status == stage_status::finished) {
      refuse(g, fmt::format("its stage {} is finished and will not use it", s.name));
    }
  }
  return std::move(*after);
}

std::string state_text(const group& g) {
  return to_string(g.state) + (g.state == group_state::dropped ? ":" + to_string(g.dropped) : "");
}

} // namespace

void quarantine(const place& where, const quarantine_order& order, output_format as, std::ostream& out,
                std::ostream& err) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const auto planned = [&](const store::journal& in) {
    const auto g = find_group(in, order.group);
    return std::pair{g, order.release ? take_back(in, g, now_ms) : set_aside(in, g, now_ms)};
  };
  // What is refused is refused by a reader, so that nothing on disk changes.
  const auto [before, after] = planned(*open_store(where, err).journal);
  if (!order.yes) {
    throw error{errc::invalid, fmt::format("this would move group {} ({} samples) from {} to {}; say --yes to do it",
                                           order.group, before.members.size(), state_text(before), state_text(after))};
  }
  const auto store = open_for_writing(where, err);
  const auto [from, to] = planned(*store.journal);
  store.journal->commit({.groups = {to}}, store::durability::disk);
  if (as == output_format::json) {
    out << json_line({{"group", order.group}, {"from", state_text(from)}, {"to", state_text(to)}}) << "\n";
  } else {
    out << fmt::format("group {} moved from {} to {}\n", order.group, state_text(from), state_text(to));
  }
}

} // namespace troupe::ctl
