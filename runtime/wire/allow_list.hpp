// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/message.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::wire {

/// Which public keys may connect, and as whom. One line a key: `ROLE NAME PUBLICKEY`; `#` begins a comment. A name may
/// have two keys while they are changed; a key has one line.
/// Thread-safe.
class allow_list {
public:
  struct entry {
    role as = role::generator;
    std::string name;
  };

  /// Throws error(invalid) naming `where` and the line.
  explicit allow_list(std::string_view text, const std::string& where = "allow-list");
  /// Throws error(not_found), or error(invalid) naming file and line.
  static std::shared_ptr<allow_list> from_file(const std::string& path);

  std::optional<entry> find(const std::string& public_key) const;

  /// Reads the file again. Throws as from_file did; then the list stays as it is. Who is no longer listed cannot
  /// connect any more, and loses its connection's standing when it next says hello, within seconds.
  void reload();

private:
  std::string path_; ///< empty: not from a file
  mutable std::mutex mutex_;
  std::map<std::string, entry> entries_; ///< by public key
};

} // namespace troupe::wire
