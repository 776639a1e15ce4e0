// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/database.hpp"

#include <string>
#include <vector>

namespace troupe::store {

/// Reads and checks every record and goes on after a damaged one; one line for each that fails, with its key and why.
std::vector<std::string> verify(const database& db);

} // namespace troupe::store
