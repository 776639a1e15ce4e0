// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace troupe {

/// Where an actor's heavy work runs (forward, backward, fsync, a user's verifier), so that no handler blocks.
/// Jobs run one at a time, in the order they were posted. A job must not throw: it reports its failure by message.
class executor {
public:
  virtual ~executor() = default;
  virtual void post(std::function<void()> job) = 0;
};

/// Runs each job at once on the caller's thread: for tests, where the order of everything is fixed.
class inline_executor final : public executor {
public:
  void post(std::function<void()> job) override { job(); }
};

/// A thread of its own. The destructor runs what was posted, then joins. Safe to post from any thread.
class thread_executor final : public executor {
public:
  explicit thread_executor(std::string name);
  ~thread_executor() override;
  void post(std::function<void()> job) override;

private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::thread thread_;
};

} // namespace troupe
