// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe::data {

/// xxh3 over name, size and xxh3 of every file that lies in a folder, in name order. Throws error(not_found) when there
/// is no such folder, error(failed) naming a file that cannot be read.
std::uint64_t manifest_hash(const std::string& folder);

} // namespace troupe::data
