// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe::store {

/// When a write is acknowledged: once queued, once a killed process cannot lose it, once a power cut cannot.
enum class durability : std::uint8_t { none, wal, disk };

} // namespace troupe::store
