// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace troupe::verify {

/// A program in a process group of its own, spoken with in lines. Destroying it kills the group and reaps the child, so
/// that neither it nor what it started nor a zombie stays. Not thread-safe.
class child_process {
public:
  /// Throws error(not_found) or error(failed) when the program cannot be started.
  explicit child_process(const std::vector<std::string>& command);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  using deadline = std::chrono::steady_clock::time_point;
  enum class outcome { line, ended, late };

  /// Sends what the program takes of `input` (removing it from there) until it answers with a line, closes its output,
  /// or the deadline comes; `line` then holds the answer without its end.
  outcome exchange(std::string_view& input, std::string& line, deadline until);

  /// How it ended ("exit status 3", "signal 11"), with the last line of its stderr; waits at most a second for the end,
  /// then kills it.
  std::string last_words();

private:
  bool read_into(int fd, std::string& buffer);
  void close_all();
  void kill_group();

  pid_t pid_ = -1;
  int in_ = -1; ///< its stdin, one end of a socket pair: no SIGPIPE when it is gone
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_; ///< the last 4 KiB
};

} // namespace troupe::verify
