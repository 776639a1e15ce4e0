// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/durability.hpp"
#include "runtime/store/transition.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::store {

/// One thread that writes for all: callers that wait at the same time share one write and one sync.
///
/// A group takes what is queued, up to `bytes_max`. Callers that were answered together come back together: the next
/// group waits for as many, until `wait_max` after the answer. A lone commit is never delayed. Transitions are written
/// in the order of arrival, so one caller's keep their order. A `none` is acknowledged when queued, which blocks while
/// `queued_bytes_max` wait. The destructor writes what is queued.
/// Thread rule: `commit` from any thread.
class committer {
public:
  struct options {
    std::size_t bytes_max = 1 << 20;
    std::size_t queued_bytes_max = 16 << 20;
    std::chrono::nanoseconds wait_max = std::chrono::milliseconds{2};
  };
  /// Writes the group as one, as safe as the most demanding of it asks. Throws troupe::error, which every caller of the
  /// group gets.
  using writer = std::function<void(const std::vector<const transition*>& group, durability how)>;

  committer(writer write, options opts);
  explicit committer(writer write) : committer(std::move(write), options{}) {}
  ~committer();
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  /// Returns once `how` holds; throws what the writer threw. The failure of a `none` nobody waits for is the writer's
  /// to report.
  void commit(transition what, durability how);

  /// How many are queued now, not counting the group that is being written.
  std::size_t queued() const;

private:
  struct request;
  void run();
  std::vector<std::shared_ptr<request>> next_group();
  void write_group(const std::vector<std::shared_ptr<request>>& group);

  const writer write_;
  const options options_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable taken_;
  std::deque<std::shared_ptr<request>> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t waiting_ = 0;  ///< of those in the queue, how many have a caller that waits
  std::size_t answered_ = 0; ///< callers of the group before
  std::chrono::steady_clock::time_point answered_at_;
  bool closing_ = false;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace troupe::store
