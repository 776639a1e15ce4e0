// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/registry.hpp"
#include "schema/ids.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace troupe::actors {

/// What a worker does at the moment, for whoever asks why nothing moves. Safe from any thread.
class worker_status {
public:
  struct reading {
    std::string doing;     ///< in words
    std::string waits_for; ///< role of whom it waits for; empty: nobody
    std::chrono::milliseconds doing_for{0};
    policy_version version; ///< of the weights it works with
    std::uint64_t leases = 0;
  };

  /// `figures`, which outlive it, show what the worker does; null: nobody asks.
  explicit worker_status(metrics::registry* figures = nullptr) : figures_(figures) {}
  metrics::registry* figures() const { return figures_; }

  /// Its age counts from when it began to be so: the same words again change nothing.
  void now(const std::string& doing, const std::string& waits_for = {});
  void hold(std::uint64_t leases);
  void work_with(policy_version version);
  reading read() const;

private:
  metrics::registry* const figures_;
  mutable std::mutex mutex_;
  reading last_{.doing = "starting"};
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

} // namespace troupe::actors
