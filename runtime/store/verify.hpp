// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/database.hpp"

#include <string>
#include <vector>

namespace troupe::store {

/// Reads and checks every record (payloads through the groups that own them) and goes on after a damaged one; one line
/// for each that fails, with its name and why.
std::vector<std::string> verify(const database& db);

} // namespace troupe::store
