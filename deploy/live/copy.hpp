// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/live/socket.hpp"

#include <optional>
#include <string>

namespace troupe::live {

/// A copy of a live run's store, made by the process that owns it, for reading; gone when this object is.
class copy {
public:
  /// Nothing when no process of this run listens. Throws error(unavailable) when there is no answer within `seconds`,
  /// and what the process itself answers.
  static std::optional<copy> ask(const std::string& run_folder, int seconds = 5);

  copy(copy&&) noexcept = default;
  copy& operator=(copy&& other) noexcept {
    std::swap(connection_, other.connection_);
    std::swap(folder_, other.folder_);
    return *this;
  }
  ~copy();
  const std::string& folder() const noexcept { return folder_; }

private:
  copy(descriptor connection, std::string folder);

  descriptor connection_; ///< while it stands the folder does
  std::string folder_;
};

} // namespace troupe::live
