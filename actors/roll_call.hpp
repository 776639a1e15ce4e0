// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"

#include <caf/actor.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// Who takes part in a run, who was lost, and the first failure that a worker reported. Safe from any thread; shared,
/// since actors may outlive the run they belong to.
class roll_call : public std::enable_shared_from_this<roll_call> {
public:
  struct lost {
    worker_name who;
    std::string role;
    std::string reason;   ///< as it ended, in words
    bool said_so = false; ///< it has left, having handed back what it held
    std::size_t left = 0; ///< of its role
  };

  /// `they_return`: whoever is lost is started again by someone else, so that a role with nobody left is no failure.
  explicit roll_call(bool they_return = false) : they_return_(they_return) {}

  /// Notices when `actor` ends, for whatever reason.
  void watch(const caf::actor& actor, const worker_name& who, const std::string& role);
  /// The same for workers that are no actors of this process. One that comes back as it was is not lost any more, where
  /// nobody has taken note of it yet.
  void join(const worker_name& who, const std::string& role);
  void lose(const worker_name& who, const std::string& role, const std::string& reason, bool said_so = false);
  bool they_return() const { return they_return_; }
  /// Those lost since the last call.
  std::vector<lost> take_lost();

  /// The buffer or the learner is gone or was restarted: the run goes on from what is stored, once it is back.
  void interrupt(const std::string& why);
  /// Nothing is interrupted any more.
  void mend();
  std::optional<std::string> interruption() const;

  /// What a worker cannot mend itself; the run ends with the first such words.
  void fail(const std::string& who, const std::string& what);
  std::optional<std::string> failure() const;

private:
  const bool they_return_;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> present_; ///< by role
  std::vector<lost> lost_;
  std::optional<std::string> failure_;
  std::optional<std::string> interruption_;
};

} // namespace troupe::actors
