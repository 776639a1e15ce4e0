// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer.hpp"
#include "actors/failure.hpp"
#include "actors/interfaces.hpp"
#include "actors/learner.hpp"
#include "actors/roll_call.hpp"
#include "actors/verifier.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/metrics/display.hpp"
#include "runtime/metrics/run_log.hpp"

#include <atomic>
#include <caf/scoped_actor.hpp>
#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace troupe::actors {

/// Walks the stage graph of one run: asks buffer and learner, step by step, evaluates, keeps checkpoints, and tells the
/// log and the display. A blocking actor on the thread that calls `run`. Throws troupe::error where the run cannot go
/// on; everything committed until then stays, and the run can be resumed.
class controller {
public:
  struct parts {
    const config::recipe* recipe = nullptr;
    std::function<activity::seconds()> measure; ///< how busy everybody was so far
    std::shared_ptr<roll_call> members;
    metrics::run_log* log = nullptr;
    metrics::display* display = nullptr;
    const std::atomic<bool>* stop = nullptr;   ///< set by Ctrl-C: end after the present step
    const std::atomic<bool>* paused = nullptr; ///< set by an operator: take no step
    std::string run_folder;
    buffer_actor buffer;
    learner_actor learner;
  };

  controller(caf::actor_system& system, parts with);

  /// True when every stage is finished, false when `stop` ended it.
  bool run();
  /// Groups by state and samples by fate over the whole run, as JSON for the report.
  std::string summary();

private:
  template <class Reply, class Target, class Request, class Deadline>
  Reply ask(const Target& whom, Deadline within, Request&& what);

  /// What the run did in earlier lives.
  void read_history();
  void run_stage(stage_index index);
  void train_stage(stage_index index, stage_record record);
  void pinned_stage(stage_index index, stage_record record);
  policy_version load_for_training(stage_index index, stage_record& record);
  bool take_step(const config::stage_spec& spec);
  void after_step(const config::stage_spec& spec, const step_reply& reply, double seconds);
  void save_checkpoint(stage_index index, const config::stage_spec& spec);
  /// Waits where the disk is full.
  checkpoint_record written_checkpoint();
  /// What is due after the last step: a checkpoint, an evaluation. Returns why the stage ends here, where it does.
  std::optional<std::string> attend_step(stage_index index, const config::stage_spec& spec);
  /// Evaluates the version of the newest checkpoint where the stage asks for it and nobody did so far. Returns why the
  /// stage ends here, where it does.
  std::optional<std::string> validate_newest(stage_index index, const config::stage_spec& spec);
  struct evaluated {
    bool finished = false;          ///< false: `stop` ended it
    std::optional<double> accuracy; ///< mean over the tasks; nothing when no problem was scored
  };
  struct evaluation {
    split from;
    std::uint64_t problems = 0;
    std::uint32_t samples = 1;
    policy_version pinned; ///< as it is published
    std::string of_stage;  ///< whose weights they are, and
    policy_version step;   ///< of which of its steps
  };
  evaluation evaluation_of(stage_index index, const stage_record& record) const;
  evaluated evaluate(stage_index index, const config::stage_spec& spec, const evaluation& what);
  static payload<sampling_plan> plan_of(const config::stage_spec& spec);
  /// False when `stop` ended the wait.
  bool wait_for_pinned(const config::stage_spec& spec);
  void report_evaluation(const config::stage_spec& spec, const evaluation& what,
                         const std::map<std::string, task_result>& results);
  void finish_stage(stage_record record, const std::string& note);
  std::string starting_folder(stage_index index) const;
  void pin(stage_index stage, policy_version version, bool keep);
  /// Throws what a worker reported, or error(unavailable) when buffer or learner are lost.
  void check_failures() const;
  /// Gives back what lost workers held; ends the run when a role has nobody left.
  void attend_members();
  /// True when it was paused, and is no more; also when it is to stop.
  bool wait_while_paused();
  bool stopping() const { return parts_.stop != nullptr && parts_.stop->load(); }

  caf::scoped_actor self_;
  parts parts_;
  config::stage_graph graph_;
  std::vector<stage_record> stages_;
  std::map<stage_index, std::vector<checkpoint_record>> checkpoints_;
  metrics::progress progress_;
  activity::seconds last_activity_;
  step_reply last_step_;
};

template <class Reply, class Target, class Request, class Deadline>
Reply controller::ask(const Target& whom, Deadline within, Request&& what) {
  std::optional<Reply> got;
  std::optional<error> failed;
  self_->request(whom, within, std::forward<Request>(what))
      .receive([&](Reply& reply) { got = std::move(reply); }, [&](caf::error& e) { failed = from_caf(e); });
  check_failures();
  if (failed) {
    throw *failed;
  }
  return std::move(*got);
}

} // namespace troupe::actors
