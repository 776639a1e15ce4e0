// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/store/volatile_disk.hpp"

#include "tests/runtime/store/volatile_state.hpp"

#include <random>
#include <rocksdb/env.h>

namespace troupe::store {

volatile_disk::volatile_disk() : state_(std::make_shared<state>()), env_(rocksdb::NewCompositeEnv(files_of(state_))) {}

volatile_disk::~volatile_disk() = default;

void volatile_disk::cut_power() {
  const std::lock_guard hold{state_->mutex};
  state_->powered = false;
}

void volatile_disk::restore_power(std::uint64_t seed) {
  const std::lock_guard hold{state_->mutex};
  std::mt19937_64 random{seed};
  state_->live.clear();
  for (auto& [path, file] : state_->kept) {
    auto after = std::make_shared<inode>();
    after->content = file->synced;
    if (seed != 0 && !file->rewritten) {
      const auto unsynced = file->content.size() - file->synced.size();
      after->content.append(file->content, file->synced.size(), random() % (unsynced + 1));
    }
    after->synced = after->content;
    file = after;
    state_->live.emplace(path, after);
  }
  state_->locked.clear();
  state_->powered = true;
}

std::map<std::string, std::string> volatile_disk::files() const {
  const std::lock_guard hold{state_->mutex};
  std::map<std::string, std::string> all;
  for (const auto& [path, file] : state_->live) {
    all.emplace(path, file->content);
  }
  return all;
}

void volatile_disk::load(const std::map<std::string, std::string>& files) {
  const std::lock_guard hold{state_->mutex};
  state_->live.clear();
  state_->kept.clear();
  for (const auto& [path, content] : files) {
    const auto file = std::make_shared<inode>(inode{content, content});
    state_->live.emplace(path, file);
    state_->kept.emplace(path, file);
    for (auto up = parent_of(path); !up.empty(); up = parent_of(up)) {
      state_->folders.insert(up);
    }
  }
}

void volatile_disk::limit(std::uint64_t bytes) {
  const std::lock_guard hold{state_->mutex};
  state_->capacity = bytes;
}

std::uint64_t volatile_disk::used() const {
  const std::lock_guard hold{state_->mutex};
  return state_->used();
}

void volatile_disk::break_writes(bool on) {
  const std::lock_guard hold{state_->mutex};
  state_->broken = on;
}

} // namespace troupe::store
