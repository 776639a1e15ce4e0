// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace troupe::task {

/// Interleaves several sources in proportion to their weights, evenly spread: smooth weighted round robin. The choice
/// is a function of the cursor alone. Pure; not thread-safe.
class mixture {
public:
  struct part {
    double weight = 1;
    std::uint64_t limit = 0; ///< indices of this source are below it and come round again; 0: they go on and on
  };
  struct pick {
    std::size_t part = 0;    ///< which source
    std::uint64_t index = 0; ///< within it: how many picks it had before, but for its limit
  };

  explicit mixture(std::vector<part> parts);

  /// Cheap when cursors go up; going back starts over from 0.
  pick at(std::uint64_t cursor);

private:
  void restart();

  std::vector<part> parts_;
  double total_ = 0;
  std::uint64_t next_ = 0;
  std::vector<double> credit_;
  std::vector<std::uint64_t> picked_;
  pick last_;
};

} // namespace troupe::task
