// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/report_data.hpp"

#include <string>

namespace troupe::metrics {

/// The whole page: no script, nothing fetched, every text escaped. Pure.
std::string report_page(const report_data& d);

/// Its style sheet: light and dark, from 320 pixels up, printable.
extern const char* const report_style;

} // namespace troupe::metrics
