// SPDX-License-Identifier: Apache-2.0
// `troupe node controller`: where members join, where administrators ask, and the walk through the stages.
#include "actors/control_calls.hpp"
#include "deploy/admin/cluster_routes.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "deploy/troupe/run_control.hpp"
#include "deploy/troupe/run_walk.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/readings.hpp"

#include <future>

namespace troupe::program {

namespace {

constexpr std::chrono::seconds farewell{10}; // for members to hear that the run is over

/// Members by state, and what the run is at.
void show(metrics::registry& to, run_walk& run) {
  std::map<std::string, double> by_state;
  for (const auto state : cluster::member_states) {
    by_state.emplace(state, 0);
  }
  for (const auto& m : run.desk().members()) {
    by_state[cluster::to_string(m.state)] += 1;
  }
  for (const auto& [state, n] : by_state) {
    to.set("troupe_controller_members", n, state);
  }
  const auto tally = run.desk().tally();
  to.raise("troupe_controller_joins_total", static_cast<double>(tally.joined));
  to.raise("troupe_controller_losses_total", static_cast<double>(tally.lost));
  metrics::show(to, run.asked());
  to.set("troupe_controller_paused", run.paused() ? 1 : 0);
  if (const auto at = run.progress()) {
    to.set("troupe_controller_stage", at->stage_number - 1);
  }
}

} // namespace

int run_controller_node(node& here) {
  quiet_system system;
  run_walk run{here, system};
  const wire::server server{here.serving(here.config().control_listen, actors::may_join), run.desk().handler()};
  admin::audit_log audit{here.config().run};
  run_control control{here, run};
  here.figures().on_read([&](metrics::registry& to) { show(to, run); });
  const auto page = here.open_page();
  const auto admin = here.open_admin([&](http::server& to) {
    control.serves_at(to.url(), page ? page->endpoint().text() : "");
    admin::add_cluster_routes(to, control, audit);
  });

  auto walking = std::async(std::launch::async, [&run] { return run.walk(); });
  while (walking.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
    here.attend();
    run.desk().tick();
    const auto missing = run.desk().missing();
    if (here.stopping() && std::chrono::steady_clock::now() > here.stop_by()) {
      run.cut("told to stop, and the present step takes too long");
    }
    missing.empty() ? here.health().clear("members") : here.health().set("members", "no " + missing.front());
  }
  bool finished = false;
  std::exception_ptr problem;
  try {
    finished = walking.get();
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  if (finished || problem) {
    run.desk().finish(finished ? "the run is finished" : "the run has failed");
    const auto until = std::chrono::steady_clock::now() + farewell;
    while (run.desk().present() > 0 && std::chrono::steady_clock::now() < until) {
      here.attend();
      run.desk().tick();
    }
  }
  if (problem) {
    std::rethrow_exception(problem);
  }
  run.display().say(finished ? "finished: open " + here.config().run + "/report.html"
                             : "stopped; every committed step is stored");
  return finished ? 0 : stopped_status;
}

} // namespace troupe::program
