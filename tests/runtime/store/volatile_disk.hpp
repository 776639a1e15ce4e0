// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace troupe::store {

/// A disk in this process's memory whose power can be cut: what no one synced is gone then, bytes of files as well as
/// names (creates, renames, deletes) in folders. Stricter than most: syncing a new file does not keep its name, only
/// syncing its folder does. Folders themselves are kept. Thread rule: any thread.
class volatile_disk {
public:
  struct state;

  volatile_disk();
  ~volatile_disk();
  volatile_disk(const volatile_disk&) = delete;
  volatile_disk& operator=(const volatile_disk&) = delete;

  rocksdb::Env& env() const { return *env_; }

  /// From now on everything fails.
  void cut_power();
  /// Power is back. With seed 0 all that was not synced is gone, else each file keeps a random part of what was
  /// appended since its last sync.
  void restore_power(std::uint64_t seed = 0);

  /// What lies on it, by path, synced or not; and a disk that holds just this.
  std::map<std::string, std::string> files() const;
  void load(const std::map<std::string, std::string>& files);

  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  /// Takes no write that would make the files larger together than this.
  void limit(std::uint64_t bytes);
  std::uint64_t used() const;
  /// While on, appends and syncs fail as a broken device's do.
  void break_writes(bool on);

private:
  std::shared_ptr<state> state_;
  std::unique_ptr<rocksdb::Env> env_;
};

} // namespace troupe::store
