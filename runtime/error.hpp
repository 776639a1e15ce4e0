// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace troupe {

/// What kind of thing went wrong in the world outside. Numbers are never reused; they travel in replies.
enum class errc : std::uint8_t {
  failed = 1,  ///< anything not below
  invalid = 2, ///< the caller's input: recipe, option, id, JSON line
  not_found = 3,
  unavailable = 4,        ///< in use by another process, or did not answer in time
  corrupt = 5,            ///< a checksum or an invariant of stored data does not hold
  resource_exhausted = 6, ///< no space, no memory
  fenced = 7,             ///< an older incarnation or epoch speaking
  conflict = 8,           ///< the same id with another payload
};

/// A broken environment, thrown by adapters and caught in three places only: `main`, the executors, and the loops that
/// answer one JSON line at a time. Expected outcomes are return values; bugs are TROUPE_CHECK.
/// The message says what was wrong, where, and what to do.
class error : public std::runtime_error {
public:
  error(errc code, const std::string& message) : std::runtime_error(message), code_(code) {}
  errc code() const noexcept { return code_; }

private:
  errc code_;
};

/// The exit status of every command (docs/troupectl.md): 0 fine, 1 failure, 2 usage, 3 not found, 4 unavailable, 5
/// integrity violated.
int exit_status(errc code) noexcept;
/// That of a run which Ctrl-C or SIGTERM ended before it was finished, as shells have it for SIGINT.
inline constexpr int stopped_status = 130;

/// The kind that a number stands for, as it came from another process; nothing for a number that names none.
std::optional<errc> errc_of(int number) noexcept;

std::string to_string(errc code);

} // namespace troupe
