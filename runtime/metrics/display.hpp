// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace troupe::metrics {

/// What a person watching the run sees of it now.
struct progress {
  std::string stage;
  std::uint32_t stage_number = 1; ///< from 1
  std::uint32_t stage_count = 1;
  std::uint64_t step = 0;
  std::uint64_t max_steps = 0;
  std::optional<double> loss;
  std::optional<double> reward;
  std::optional<double> validation;        ///< pass@1, latest
  std::optional<double> heldout;           ///< pass@1, latest
  std::optional<double> staleness;         ///< mean of the last batch, versions
  std::optional<double> tokens_per_second; ///< sampled
  std::optional<double> seconds_left;      ///< of the stage
};

/// On a terminal one live block, redrawn; in a pipe one plain line a step on stderr. Honours NO_COLOR and the width.
/// Not thread-safe: one thread owns it.
class display {
public:
  virtual ~display() = default;
  virtual void update(const progress& p) = 0;
  /// A line that stays, above the live block.
  virtual void say(const std::string& line) = 0;
};

/// Chooses by whether stderr is a terminal.
std::unique_ptr<display> make_display();

/// A line on stderr; above the live block where one stands. Safe from any thread.
void show_line(const std::string& line);

} // namespace troupe::metrics
