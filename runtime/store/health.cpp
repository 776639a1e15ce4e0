// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/health.hpp"

namespace troupe::store {

void health_board::failed(const std::string& reason) {
  const std::lock_guard hold{mutex_};
  reason_ = reason;
}

void health_board::recovered() {
  const std::lock_guard hold{mutex_};
  reason_.clear();
}

std::string health_board::reason() const {
  const std::lock_guard hold{mutex_};
  return reason_;
}

void health_board::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* what) {
  failed("the store cannot write: " + what->ToString());
}

void health_board::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (info.new_bg_error.ok()) {
    recovered();
  }
}

} // namespace troupe::store
