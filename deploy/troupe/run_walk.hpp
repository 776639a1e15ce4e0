// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/controller.hpp"
#include "actors/remote_buffer.hpp"
#include "actors/remote_learner.hpp"
#include "deploy/troupe/member_desk.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/run_parts.hpp"

#include <caf/actor_system.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace troupe::program {

/// Walks the stages of a run whose buffer and learner are other processes. When one of them is lost or was restarted,
/// what waits for it ends, and the walk begins again from what is stored, as a resumed run does.
class run_walk {
public:
  run_walk(node& here, caf::actor_system& system);
  ~run_walk();

  /// True when every stage is finished, false when it was told to stop. On one thread; all else is safe from any.
  bool walk();

  member_desk& desk() { return desk_; }
  metrics::display& display();
  void note(const std::string& text);
  /// Ends what waits for buffer and learner, now.
  void cut(const std::string& why);
  /// How far it is; nothing before the first stage.
  std::optional<metrics::progress> progress() const;
  bool paused() const { return paused_; }
  /// What was asked of buffer and learner since they were met last.
  wire::client_counters asked() const;
  /// Asks the buffer, for an administrator: within 3 s or not at all.
  actors::steer_reply steer(const actors::steer_request& what);
  actors::progress_reply look_at_work();
  /// For how long the learner has owed an answer.
  std::chrono::milliseconds learner_waiting() const;

private:
  struct connection;
  class watched_display;

  void interrupt(const std::string& why);
  /// False when it was told to stop. Throws error(unavailable) when they do not come.
  bool gather();
  bool attempt();
  history stored(const connection& with);
  /// Whether buffer or learner turn out to be lost, which takes a while to be noticed.
  bool interrupted_soon();
  template <class Reply, class Request>
  Reply ask_buffer(const connection& with, std::chrono::milliseconds within, const Request& what);
  std::shared_ptr<connection> present() const;

  node& here_;
  caf::actor_system& system_;
  std::unique_ptr<watched_display> display_;
  std::shared_ptr<actors::roll_call> roll_;
  mutable std::mutex mutex_;
  std::unique_ptr<metrics::run_log> log_;
  std::shared_ptr<connection> present_;
  std::atomic<bool> paused_{false};
  member_desk desk_;
};

} // namespace troupe::program
