// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/control_calls.hpp"
#include "runtime/cluster/membership.hpp"
#include "runtime/wire/client.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace troupe::actors {

struct member_link_options {
  std::shared_ptr<wire::client> controller;
  cluster::joiner who;
  std::chrono::milliseconds heartbeat{1000};
  std::chrono::milliseconds answer_within{5000};  ///< an answer to a join or a heartbeat
  std::chrono::milliseconds give_up_after{60000}; ///< without an answer: at the start, and later
  /// What the member does; called before each heartbeat, on the link's thread.
  std::function<cluster::sign_of_life()> tell;
  /// Called for each instruction that is not to carry on, and for `leave` with `refused` when the controller was not
  /// reached for `give_up_after`; on the link's thread.
  std::function<void(const cluster::instruction&)> obey;
  /// Called once after each time it has joined.
  std::function<void()> joined;
  /// Called when the controller does not answer, until `joined` or the next answer.
  std::function<void(bool answers)> reached;
  std::string where; ///< the controller's address, for messages
};

/// A member's connection to the controller: joins, says every `heartbeat` how it is, and joins again when the
/// controller was restarted. On a thread of its own.
class member_link {
public:
  explicit member_link(member_link_options options);
  ~member_link();
  member_link(const member_link&) = delete;
  member_link& operator=(const member_link&) = delete;

  /// Says goodbye, waiting at most 1 s for an answer.
  void leave(const std::string& why);
  bool joined() const;

private:
  void run();
  /// Nothing when there is no answer in time, or the link is over unless `to_the_end`.
  template <class Message>
  std::optional<cluster::instruction> ask(control_call call, const Message& what, std::chrono::milliseconds within,
                                          bool to_the_end);
  bool is_over() const;
  void wait(std::chrono::milliseconds so_long);

  member_link_options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  bool joined_ = false;
  std::thread thread_;
};

} // namespace troupe::actors
