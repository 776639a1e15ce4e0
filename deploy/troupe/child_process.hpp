// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::program {

/// How a process ended.
struct process_end {
  int status = 0; ///< what it returned
  int signal = 0; ///< that ended it; 0: none
  bool clean() const { return signal == 0 && status == 0; }
  std::string text() const; ///< "exit status 4", "killed by signal 9"
};

/// A process that this one has started; it gets SIGTERM when this one dies. In a process group of its own, so that a
/// Ctrl-C at the terminal is this process's to pass on.
class child_process {
public:
  /// Runs this very program with `arguments`. `log`: file that takes its output, appended to; empty: output is ours.
  /// Throws error(failed) when it cannot be started.
  child_process(const std::vector<std::string>& arguments, const std::string& log);
  /// Kills it where it still runs.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// How it ended, once it has.
  std::optional<process_end> ended();
  /// Waits at most so long. Nothing when it still runs.
  std::optional<process_end> wait(double seconds);

private:
  pid_t pid_ = -1;
  std::optional<process_end> end_;
};

} // namespace troupe::program
