// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe::metrics {

/// A file that grows by whole entries, with one writer; what is written survives a killed process. Entries that cannot
/// be written wait in memory, in order, for the next call. Not thread-safe.
class appender {
public:
  static constexpr std::size_t memory_max = 4u << 20; ///< bytes that may wait; later entries are lost

  /// Throws error(resource_exhausted) when the file cannot be opened.
  explicit appender(std::filesystem::path place);
  ~appender();
  appender(const appender&) = delete;
  appender& operator=(const appender&) = delete;

  /// Never throws for the disk: see `kept`, `lost` and `problem`.
  void append(std::string entry);
  /// Tries to write what waits.
  void retry();
  /// Tries once more; what cannot be written then is lost, and no half of an entry stays in the file.
  void close();

  std::size_t kept() const noexcept { return waiting_.size(); } ///< entries not written yet
  std::uint64_t lost() const noexcept { return lost_; }         ///< entries that never will be
  const std::string& problem() const noexcept { return problem_; }

private:
  std::filesystem::path place_;
  int file_ = -1;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t begun_ = 0; ///< bytes of the first waiting entry that are in the file
  std::uint64_t lost_ = 0;
  std::string problem_; ///< of the last write that failed
};

} // namespace troupe::metrics
