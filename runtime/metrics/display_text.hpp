// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/display.hpp"

#include <string>
#include <vector>

/// What the display writes, as pure functions of what it shows.
namespace troupe::metrics {

struct text_style {
  unsigned width = 80;  ///< columns; no line is longer
  bool colour = false;  ///< ANSI colours
  bool unicode = false; ///< the progress bar in box-drawing characters
};

/// The live block: stage and step, a bar, figures; as many lines as the width asks for, without newlines.
std::vector<std::string> block_lines(const progress& p, const text_style& style);

/// One step as one line for a pipe or a log file: `key value` pairs, never coloured.
std::string plain_line(const progress& p);

/// 42s, 3m05s, 2h07m
std::string duration_text(double seconds);

} // namespace troupe::metrics
