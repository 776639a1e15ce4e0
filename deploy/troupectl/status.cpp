// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/table.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/metrics/counts_json.hpp"

#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

namespace {

std::string to_text(stage_status s) {
  switch (s) {
  case stage_status::pending:
    return "pending";
  case stage_status::running:
    return "running";
  case stage_status::finished:
    break;
  }
  return "finished";
}

row stage_row(const opened_store& from, const stage_record& s) {
  const auto steps = from.journal->steps(s.stage);
  const auto checkpoints = from.journal->checkpoints(s.stage);
  const auto chosen = config::choose_checkpoint(checkpoints, config::checkpoint_choice::best);
  const row best = chosen && chosen->validation >= 0 ? row(chosen->validation) : row();
  return {{"stage", s.name},
          {"status", to_text(s.status)},
          {"steps", steps.empty() ? 0 : steps.back().version.value},
          {"best_validation", best},
          {"last_checkpoint", checkpoints.empty() ? row() : row(checkpoints.back().folder)},
          {"note", s.note}};
}

} // namespace

void show_status(const opened_store& from, output_format as, std::ostream& out) {
  row stages = row::array();
  for (const auto& s : from.journal->stages()) {
    stages.push_back(stage_row(from, s));
  }
  rollout::group_counts counts;
  from.journal->for_each_group([&](const group& g) {
    counts.add(g);
    return true;
  });
  row datasets = row::array();
  for_each_row(from, {.what = noun::datasets}, [&](const row& r) {
    datasets.push_back(r);
    return true;
  });
  if (as == output_format::json) {
    out << json_page({{"run", from.run_folder},
                      {"stages", stages},
                      {"groups", metrics::counts_json(counts)},
                      {"datasets", datasets}})
        << "\n";
    return;
  }
  if (!from.run_folder.empty()) {
    out << "run  " << from.run_folder << "\n\n";
  }
  print_table(stages.get<std::vector<row>>(),
              {"stage", "status", "steps", "best_validation", "last_checkpoint", "note"}, out);
  out << fmt::format(
      "\ngroups: {} issued = {} pending + {} ready + {} leased + {} trained + {} collected + {} scored + {} "
      "dropped\n",
      counts.issued, counts.pending, counts.ready, counts.leased, counts.trained, counts.collected, counts.scored,
      counts.dropped_total());
  if (!datasets.empty()) {
    out << "\n";
    print_table(datasets.get<std::vector<row>>(), {"name", "records", "considered", "kept_share", "stage"}, out);
  }
}

} // namespace troupe::ctl
