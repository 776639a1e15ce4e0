// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace troupe::task {

/// Interleaves several sources in proportion to their weights, evenly spread: smooth weighted round robin. The choice
/// is a function of the cursor alone. Pure; not thread-safe.
class mixture {
public:
  struct pick {
    std::size_t part = 0;    ///< which source
    std::uint64_t index = 0; ///< how many picks that source had before
  };

  explicit mixture(std::vector<double> weights);

  /// Cheap when cursors go up; going back starts over from 0.
  pick at(std::uint64_t cursor);

private:
  void restart();

  std::vector<double> weights_;
  double total_ = 0;
  std::uint64_t next_ = 0;
  std::vector<double> credit_;
  std::vector<std::uint64_t> picked_;
  pick last_;
};

} // namespace troupe::task
