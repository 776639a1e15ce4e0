// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace troupe::program {

/// Ports of 127.0.0.1 that nobody listens at now. Another process may take one before it is used; then whoever needs it
/// says so. Throws error(unavailable).
std::vector<std::uint16_t> free_ports(unsigned count);

} // namespace troupe::program
