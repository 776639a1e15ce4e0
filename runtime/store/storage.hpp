// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rocksdb {
class Env;
}

namespace troupe::store {

/// What a store stands on. Programs take the default; tests put a file system of their own under it.
struct storage {
  rocksdb::Env* env = nullptr; ///< null: this machine's files
  std::string boot;            ///< names the life of the kernel that holds unsynced writes; empty: this machine's

  rocksdb::Env& files() const;
  /// Two equal answers: no power cut lies between. Empty where it cannot be known.
  std::string boot_name() const;
};

} // namespace troupe::store
