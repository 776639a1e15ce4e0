// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::store {

/// What stands around every stored value: one format byte, the xxh3 of the payload (8 bytes, little-endian), the
/// payload.
std::string seal(std::string_view payload);

/// The payload. Throws error(corrupt) naming `where` when the format is unknown or the checksum does not hold.
std::string_view unseal(std::string_view sealed, const std::string& where);

} // namespace troupe::store
