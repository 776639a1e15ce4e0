// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Binning, apart from where the numbers come from.
namespace troupe::ctl {

struct bin {
  double from = 0;
  double to = 0; ///< exclusive, but of the last one
  std::uint64_t count = 0;
};

/// At most `bins_max` (2 or more) bins of one width (1, 2, 2.5 or 5 times a power of ten; of whole numbers at least 1)
/// that begin at a multiple of it and cover all values. Values must be finite; none give no bins. Whole numbers, one a
/// bin, have from == to.
std::vector<bin> bins_of(const std::vector<double>& values, std::uint32_t bins_max, bool whole_numbers);

/// A bar of `share` (0 to 1) of `width` characters, in eighths; what is not nothing is at least one eighth.
std::string bar(double share, std::size_t width);

} // namespace troupe::ctl
