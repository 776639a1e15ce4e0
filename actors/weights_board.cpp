// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_board.hpp"

#include "runtime/check.hpp"

namespace troupe::actors {

void weights_board::publish(stage_index stage, shared_weights w) {
  std::lock_guard lock{mutex_};
  if (!pinned_.contains(latest_)) {
    kept_.erase(latest_);
  }
  latest_ = {stage, w->version()};
  kept_[latest_] = std::move(w);
}

void weights_board::pin(stage_index stage, policy_version version) {
  std::lock_guard lock{mutex_};
  TROUPE_CHECK(kept_.contains({stage, version}), "stage ", stage.value, " version ", version.value, " is not kept");
  pinned_.insert({stage, version});
}

void weights_board::unpin(stage_index stage, policy_version version) {
  std::lock_guard lock{mutex_};
  const name n{stage, version};
  pinned_.erase(n);
  if (n != latest_) {
    kept_.erase(n);
  }
}

weights_board::shared_weights weights_board::latest() const {
  std::lock_guard lock{mutex_};
  const auto it = kept_.find(latest_);
  return it == kept_.end() ? nullptr : it->second;
}

stage_index weights_board::stage() const {
  std::lock_guard lock{mutex_};
  return latest_.first;
}

weights_board::shared_weights weights_board::find(stage_index stage, policy_version version) const {
  std::lock_guard lock{mutex_};
  const auto it = kept_.find({stage, version});
  return it == kept_.end() ? nullptr : it->second;
}

} // namespace troupe::actors
