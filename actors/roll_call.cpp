// SPDX-License-Identifier: Apache-2.0
#include "actors/roll_call.hpp"

#include "actors/failure.hpp"

#include <utility>

namespace troupe::actors {

void roll_call::watch(const caf::actor& actor, const worker_name& who, const std::string& role) {
  {
    std::lock_guard lock{mutex_};
    ++present_[role];
  }
  actor->attach_functor([self = shared_from_this(), who, role](const caf::error& reason) {
    std::lock_guard lock{self->mutex_};
    self->lost_.push_back({who, role, from_caf(reason).what(), --self->present_[role]});
  });
}

std::vector<roll_call::lost> roll_call::take_lost() {
  std::lock_guard lock{mutex_};
  return std::exchange(lost_, {});
}

void roll_call::fail(const std::string& who, const std::string& what) {
  std::lock_guard lock{mutex_};
  if (!failure_) {
    failure_ = who + ": " + what;
  }
}

std::optional<std::string> roll_call::failure() const {
  std::lock_guard lock{mutex_};
  return failure_;
}

} // namespace troupe::actors
