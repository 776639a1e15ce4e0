// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::data {

/// Bytes of all files below a folder; nothing when it, or a folder in it, cannot be looked into. A file that goes
/// meanwhile counts as none.
std::optional<std::uintmax_t> folder_bytes(const std::string& folder);

} // namespace troupe::data
