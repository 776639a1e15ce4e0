// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupe/child_process.hpp"
#include "runtime/config/node_config.hpp"
#include "runtime/wire/message.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace troupe::program {

/// How many of each role, beside one controller and one buffer.
struct cast_size {
  unsigned learners = 1; ///< ranks of one learner
  unsigned generators = 1;
  unsigned verifiers = 1;
};

/// Runs the roles of one run as processes of this machine: starts them, starts again whoever dies, under the same
/// identity and after a pause that grows, and keeps RUN/cluster.json. Keys lie in RUN/keys, each process's
/// configuration and output in RUN/nodes. Not thread-safe.
class supervisor {
public:
  /// Makes keys and configurations; starts nothing.
  supervisor(std::string run_folder, const cast_size& size);
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// Until the run is over or SIGINT or SIGTERM come, which drain everybody. Returns the run's exit status: the
  /// controller's. Throws error with the last words of a role that cannot start.
  int run();

private:
  using clock = std::chrono::steady_clock;
  struct member {
    wire::role as = wire::role::generator;
    std::unique_ptr<child_process> process; ///< null while it waits to be started again
    pid_t pid = 0;                          ///< also when it has ended
    clock::time_point started;
    clock::time_point start_at;
    std::chrono::milliseconds pause{0};
    unsigned quick_deaths = 0;
    std::string last_end; ///< how it ended before, in words
    bool proven = false;  ///< has lived longer than a process that cannot start
    bool leaving = false; ///< told to drain; not started again
  };

  void forget_drained() const;
  void add(const std::string& name, wire::role as);
  void start(const std::string& name, member& m);
  /// Looks who has ended, and what follows.
  void look_after();
  void settle_end(const std::string& name, member& m, const process_end& how);
  /// Follows RUN/scale.json where it has changed.
  void follow_scale();
  void scale(wire::role as, unsigned wanted);
  /// Says what went wrong, once; what it keeps for others is written again with the next look.
  void write_cluster_file();
  /// Whether a second signal asks to hurry.
  bool hurried();
  /// Tells everybody to end, workers first, and waits.
  void drain_all();
  void end_members(const std::vector<wire::role>& roles, double within_s);
  std::string last_words(const std::string& name) const;

  std::string run_;
  config::node_config base_; ///< what all have in common
  cast_size keyed_;          ///< whose keys are made
  std::map<std::string, member> members_;
  std::optional<int> over_; ///< the run's status
  std::int64_t scale_read_ = 0;
  bool cluster_file_due_ = false;
  bool hurry_ = false;
};

} // namespace troupe::program
