// SPDX-License-Identifier: Apache-2.0
#include "actors/activity.hpp"

namespace troupe::actors {

activity::scope::scope(activity& of, kind what) : of_(of), what_(what) {
  of_.change(what_, 1);
}

activity::scope::~scope() {
  of_.change(what_, -1);
}

void activity::add_tokens(std::uint64_t n) {
  std::lock_guard lock{mutex_};
  sum_.tokens += n;
}

activity::seconds activity::total() {
  std::lock_guard lock{mutex_};
  settle(clock::now());
  return sum_;
}

void activity::change(kind what, int by) {
  std::lock_guard lock{mutex_};
  settle(clock::now());
  busy_[static_cast<std::size_t>(what)] += by;
}

void activity::settle(clock::time_point now) {
  const double passed = std::chrono::duration<double>(now - since_).count();
  since_ = now;
  sum_.generating += busy_[0] > 0 ? passed : 0;
  sum_.training += busy_[1] > 0 ? passed : 0;
  sum_.both += busy_[0] > 0 && busy_[1] > 0 ? passed : 0;
}

} // namespace troupe::actors
