// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/report_data.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Curves as inline SVG, coloured by the page's CSS variables so that dark mode needs no second picture. Pure.
namespace troupe::metrics {

enum class line_shape : std::uint8_t {
  curve, ///< from point to point, broken at the border of a stage
  steps, ///< one level for each band, its value written on it
  dots,  ///< thin, with a dot at every point
};

struct chart_series {
  std::string name;
  int colour = 1; ///< --c1 to --c4
  line_shape shape = line_shape::curve;
  std::vector<report_point> points;
};

struct chart {
  std::string label;                ///< read out by screen readers
  std::vector<chart_series> series; ///< the first one is drawn on top
  bool percent = false;             ///< y is a share from 0 to 1
  double height = 190;
};

/// The chart twice, for wide and for narrow screens; the style sheet shows one.
std::string draw(const chart& c, const std::vector<report_stage>& stages);
/// Name and colour of each series.
std::string legend(const chart& c);

/// `&`, `<`, `>` and quotes as HTML writes them; control characters other than newline and tab become U+FFFD.
std::string escaped(const std::string& text);
/// A figure for people: 0.734, 12.5k, 3.2e-05
std::string short_number(double value);

} // namespace troupe::metrics
