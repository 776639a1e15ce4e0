// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/child_process.hpp"
#include "runtime/verify/judge.hpp"

#include <memory>

namespace troupe::verify {

/// The user's own verifier as a program: one long-lived process, JSON lines on its stdin, one JSON line per input on
/// its stdout, in order. A question it lets wait longer than `timeout_s`, or over which it ends, is `undecided`; it is
/// then started anew for the next one. After three failures in a row the rest of a batch is `undecided` at once, and of
/// each later batch all after one more failure, until it answers again. Not thread-safe: one for each worker.
class user_command final : public judge {
public:
  struct options {
    std::vector<std::string> command;
    double timeout_s = 10.0; ///< of one completion; the first also waits for the start
  };

  explicit user_command(options opts) : opts_(std::move(opts)) {}

  std::vector<finding> judge_all(std::span<const question> questions) override;
  std::string name_and_version() const override;

private:
  /// Appends findings until one fails, which it appends too, or all are there; false after a failure.
  bool converse(std::span<const question> questions, std::vector<finding>& found);

  options opts_;
  std::unique_ptr<child_process> process_; ///< started with the first question
  int failures_ = 0;                       ///< in a row
};

} // namespace troupe::verify
