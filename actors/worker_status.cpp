// SPDX-License-Identifier: Apache-2.0
#include "actors/worker_status.hpp"

namespace troupe::actors {

void worker_status::now(const std::string& doing, const std::string& waits_for) {
  std::lock_guard lock{mutex_};
  if (doing != last_.doing || waits_for != last_.waits_for) {
    last_.doing = doing;
    last_.waits_for = waits_for;
    since_ = std::chrono::steady_clock::now();
  }
}

void worker_status::hold(std::uint64_t leases) {
  std::lock_guard lock{mutex_};
  last_.leases = leases;
}

void worker_status::work_with(policy_version version) {
  std::lock_guard lock{mutex_};
  last_.version = version;
}

worker_status::reading worker_status::read() const {
  std::lock_guard lock{mutex_};
  auto r = last_;
  r.doing_for = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since_);
  return r;
}

} // namespace troupe::actors
