// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::data {

/// Bytes of all files below a folder; nothing when it is not there. What goes while it is looked at counts for nothing.
std::optional<std::uintmax_t> folder_bytes(const std::string& folder);

} // namespace troupe::data
