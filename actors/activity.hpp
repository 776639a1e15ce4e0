// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace troupe::actors {

/// Measures how long generators and learner were busy, and how long both at once. Safe from any thread.
class activity {
public:
  enum class kind : std::uint8_t { generating = 0, training = 1 };
  struct seconds {
    double generating = 0; ///< at least one generator
    double training = 0;
    double both = 0;
    std::uint64_t tokens = 0; ///< sampled
  };

  /// Busy from construction to destruction.
  class scope {
  public:
    scope(activity& of, kind what);
    ~scope();
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

  private:
    activity& of_;
    kind what_;
  };

  void add_tokens(std::uint64_t n);
  seconds total();

private:
  using clock = std::chrono::steady_clock;
  void change(kind what, int by);
  void settle(clock::time_point now);

  std::mutex mutex_;
  std::array<int, 2> busy_{};
  clock::time_point since_ = clock::now();
  seconds sum_;
};

} // namespace troupe::actors
