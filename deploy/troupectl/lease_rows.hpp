// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/rows.hpp"

namespace troupe::ctl {

extern const std::vector<field> lease_fields;

/// One row a lease, as the groups under it tell; in the order in which they were given out. In a store that nobody has
/// open they are void: whoever opens it gives their groups back.
void visit_leases(const opened_store& from, const row_visitor& visit);

} // namespace troupe::ctl
