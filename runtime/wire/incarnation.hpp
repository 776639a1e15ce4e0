// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

namespace troupe::wire {

/// From the operating system's randomness.
incarnation new_incarnation();

/// A ZeroMQ routing id that no other connection has: 29 bytes of incarnation, client, connection; never begins with 0.
std::string routing_id_of(const incarnation& life, std::uint32_t client, std::uint64_t connection);

} // namespace troupe::wire
