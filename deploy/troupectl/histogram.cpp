// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/histogram.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe::ctl {

namespace {

/// A width of bins, `step` times a power of ten, whose multiples are the decimal numbers that people expect.
struct bin_width {
  double step = 1;
  int power = 0;

  double multiple(double n) const {
    return power < 0 ? n * step / std::pow(10, -power) : n * step * std::pow(10, power);
  }
  /// The last multiple that is not above `v`.
  double below(double v) const {
    double n = std::floor(v / multiple(1));
    n += multiple(n + 1) <= v ? 1 : 0; // v / width may be a rounding error off
    return multiple(n) > v ? n - 1 : n;
  }
};

/// How many bins of this width the values fall into; the last one holds its upper end.
double bins_needed(double low, double high, const bin_width& w) {
  const double first = w.below(low), last = w.below(high);
  return std::max(1.0, (w.multiple(last) == high ? last : last + 1) - first);
}

bin_width width_for(double low, double high, std::uint32_t bins_max, bool whole_numbers) {
  const int start = static_cast<int>(std::floor(std::log10((high - low) / bins_max)));
  for (int power = whole_numbers ? std::max(0, start) : start;; ++power) {
    for (const double step : {1.0, 2.0, 2.5, 5.0}) {
      const bin_width w{step, power};
      const bool fits = !whole_numbers || std::floor(w.multiple(1)) == w.multiple(1);
      if (fits && bins_needed(low, high, w) <= bins_max) {
        return w;
      }
    }
  }
}

} // namespace

std::vector<bin> bins_of(const std::vector<double>& values, std::uint32_t bins_max, bool whole_numbers) {
  TROUPE_CHECK(bins_max >= 2, bins_max); // values on both sides of 0 need two
  if (values.empty()) {
    return {};
  }
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = *least, high = *most;
  const bool singly = whole_numbers && high - low + 1 <= bins_max;
  if (low == high && !singly) {
    return {{low, high, values.size()}};
  }
  const auto width = singly ? bin_width{} : width_for(low, high, bins_max, whole_numbers);
  const double first = width.below(low);
  std::vector<bin> bins(static_cast<std::size_t>(singly ? high - low + 1 : bins_needed(low, high, width)));
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const double at = first + static_cast<double>(i);
    bins[i].from = width.multiple(at);
    bins[i].to = singly ? bins[i].from : width.multiple(at + 1);
  }
  for (const double v : values) {
    ++bins[std::min(bins.size() - 1, static_cast<std::size_t>(width.below(v) - first))].count;
  }
  return bins;
}

std::string bar(double share, std::size_t width) {
  constexpr std::array<const char*, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double exact = share * static_cast<double>(width) * 8;
  const auto parts = static_cast<std::size_t>(share > 0 ? std::max(1.0, std::round(exact)) : 0);
  std::string text;
  for (std::size_t i = 0; i < parts / 8; ++i) {
    text += "█";
  }
  return text + eighths[parts % 8];
}

} // namespace troupe::ctl
