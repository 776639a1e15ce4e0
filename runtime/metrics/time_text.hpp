// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe::metrics {

/// RFC 3339, in UTC, of milliseconds since 1970: `2023-11-14T22:13:20.123Z`; the order of texts is that of times.
std::string time_text(std::int64_t ms);
/// The same, of now.
std::string time_text_now();

} // namespace troupe::metrics
