// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>

namespace troupe::store {

/// What `member::checksum` holds: xxh3 of the encoded sample. Throws codec_error for a sample that cannot be encoded.
std::uint64_t sample_checksum(const sample& s);

} // namespace troupe::store
