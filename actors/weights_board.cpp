// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_board.hpp"

#include "runtime/error.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

constexpr std::size_t fetched_max = 2; // one that is sampled with, one that is next
constexpr std::size_t wanted_max = 2;

} // namespace

bool weights_board::is_held(const name& n) const {
  return n == latest_ || pinned_.contains(n) || std::find(fetched_.begin(), fetched_.end(), n) != fetched_.end();
}

void weights_board::put(const name& n, shared_weights w) {
  kept_[n] = {++numbers_, n.first, std::move(w)};
  std::erase_if(wanted_, [&](const want& one) { return one.what == n; });
}

void weights_board::publish(stage_index stage, shared_weights w) {
  {
    const std::lock_guard lock{mutex_};
    const name before = std::exchange(latest_, {stage, w->version()});
    if (!is_held(before)) {
      kept_.erase(before);
    }
    put(latest_, std::move(w));
  }
  notify();
}

void weights_board::pin(stage_index stage, policy_version version) {
  {
    const std::lock_guard lock{mutex_};
    if (!kept_.contains({stage, version})) { // a learner that was restarted since it was published
      throw error{errc::unavailable, "stage " + std::to_string(stage.value) + " version " +
                                         std::to_string(version.value) + " is not kept"};
    }
    pinned_.insert({stage, version});
  }
  notify();
}

void weights_board::unpin(stage_index stage, policy_version version) {
  {
    const std::lock_guard lock{mutex_};
    const name n{stage, version};
    pinned_.erase(n);
    if (!is_held(n)) {
      kept_.erase(n);
    }
  }
  notify();
}

weights_board::shared_weights weights_board::latest() const {
  return latest_published().what;
}

stage_index weights_board::stage() const {
  const std::lock_guard lock{mutex_};
  return latest_.first;
}

weights_board::shared_weights weights_board::find(stage_index stage, policy_version version) const {
  const std::lock_guard lock{mutex_};
  const auto it = kept_.find({stage, version});
  return it == kept_.end() ? nullptr : it->second.what;
}

weights_board::shared_weights weights_board::find_or_want(stage_index stage, policy_version version) {
  {
    const std::lock_guard lock{mutex_};
    const name n{stage, version};
    if (const auto it = kept_.find(n); it != kept_.end()) {
      return it->second.what;
    }
    const auto now = clock::now();
    std::erase_if(wanted_, [&](const want& one) { return now - one.asked >= wanted_for; });
    const auto again = std::find_if(wanted_.begin(), wanted_.end(), [&](const want& one) { return one.what == n; });
    if (again != wanted_.end()) {
      again->asked = now;
      return nullptr;
    }
    if (wanted_.size() == wanted_max) {
      return nullptr; // asked again when one of those has come
    }
    wanted_.push_back({n, now});
  }
  notify();
  return nullptr;
}

weights_board::published weights_board::latest_published() const {
  const std::lock_guard lock{mutex_};
  const auto it = kept_.find(latest_);
  return it == kept_.end() ? published{} : it->second;
}

std::vector<weights_board::published> weights_board::all_published() const {
  const std::lock_guard lock{mutex_};
  std::vector<published> all;
  for (const auto& [n, one] : kept_) {
    all.push_back(one);
  }
  return all;
}

std::vector<weights_board::name> weights_board::wanted() const {
  const std::lock_guard lock{mutex_};
  std::vector<name> all;
  for (const auto& one : wanted_) {
    if (clock::now() - one.asked < wanted_for) {
      all.push_back(one.what);
    }
  }
  return all;
}

void weights_board::add_fetched(stage_index stage, shared_weights w) {
  {
    const std::lock_guard lock{mutex_};
    const name n{stage, w->version()};
    std::erase(fetched_, n);
    fetched_.push_back(n);
    put(n, std::move(w));
    if (fetched_.size() > fetched_max) {
      const name oldest = fetched_.front();
      fetched_.erase(fetched_.begin());
      if (!is_held(oldest)) {
        kept_.erase(oldest);
      }
    }
  }
  notify();
}

void weights_board::forget_fetched() {
  {
    const std::lock_guard lock{mutex_};
    for (const auto& n : std::exchange(fetched_, {})) {
      if (!is_held(n)) {
        kept_.erase(n);
      }
    }
  }
  notify();
}

weights_board::subscription weights_board::subscribe(std::function<void()> changed) {
  const std::lock_guard lock{listeners_->mutex};
  const auto number = ++listeners_->next;
  listeners_->all[number] = std::move(changed);
  return {nullptr, [all = listeners_, number](void*) {
            const std::lock_guard hold{all->mutex};
            all->all.erase(number);
          }};
}

void weights_board::notify() const {
  const std::lock_guard lock{listeners_->mutex};
  for (const auto& [number, changed] : listeners_->all) {
    changed();
  }
}

} // namespace troupe::actors
