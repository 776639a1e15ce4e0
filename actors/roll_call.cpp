// SPDX-License-Identifier: Apache-2.0
#include "actors/roll_call.hpp"

#include "actors/failure.hpp"

#include <utility>

namespace troupe::actors {

void roll_call::watch(const caf::actor& actor, const worker_name& who, const std::string& role) {
  join(who, role);
  actor->attach_functor([self = shared_from_this(), who, role](const caf::error& reason) {
    self->lose(who, role, from_caf(reason).what());
  });
}

void roll_call::join(const worker_name& who, const std::string& role) {
  std::lock_guard lock{mutex_};
  std::erase_if(lost_, [&](const lost& l) { return l.who.name == who.name && l.who.life == who.life; });
  ++present_[role];
}

void roll_call::lose(const worker_name& who, const std::string& role, const std::string& reason, bool said_so) {
  std::lock_guard lock{mutex_};
  lost_.push_back({who, role, reason, said_so, --present_[role]});
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

void roll_call::interrupt(const std::string& why) {
  std::lock_guard lock{mutex_};
  if (!interruption_) {
    interruption_ = why;
  }
}

void roll_call::mend() {
  std::lock_guard lock{mutex_};
  interruption_.reset();
}

std::optional<std::string> roll_call::interruption() const {
  std::lock_guard lock{mutex_};
  return interruption_;
}

std::optional<std::string> roll_call::failure() const {
  std::lock_guard lock{mutex_};
  return failure_;
}

} // namespace troupe::actors
