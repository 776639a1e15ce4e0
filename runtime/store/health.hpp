// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <rocksdb/listener.h>
#include <string>

namespace troupe::store {

/// Whether writes work, and if not, why. Thread rule: any thread.
class health_board : public rocksdb::EventListener {
public:
  void failed(const std::string& reason);
  void recovered();
  /// Empty: writes work.
  std::string reason() const;

  void OnBackgroundError(rocksdb::BackgroundErrorReason why, rocksdb::Status* what) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

private:
  mutable std::mutex mutex_;
  std::string reason_;
};

} // namespace troupe::store
