// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/storage.hpp"

#include <fstream>
#include <rocksdb/env.h>

namespace troupe::store {

rocksdb::Env& storage::files() const {
  return env != nullptr ? *env : *rocksdb::Env::Default();
}

std::string storage::boot_name() const {
  if (!boot.empty()) {
    return boot;
  }
  std::string name;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> name;
  return name;
}

} // namespace troupe::store
