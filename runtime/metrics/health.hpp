// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace troupe::metrics {

/// Why a process is not ready to do its work: reasons by name, set and cleared as they come and go. Ready when there is
/// none. Thread-safe.
class health {
public:
  /// `name` is a word: "control", "store"; `words` say what is awaited, for a person.
  void set(const std::string& name, const std::string& words);
  void clear(const std::string& name);

  bool ready() const;
  std::map<std::string, std::string> reasons() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> reasons_;
};

} // namespace troupe::metrics
