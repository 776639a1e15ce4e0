// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::ctl {

/// `troupectl ARGUMENTS`. Data goes to `out`, everything else to `err`; returns the exit status of DESIGN section 9:
/// 0 fine, 1 failure, 2 usage, 3 not found, 4 unavailable, 5 integrity violated. Throws nothing of troupe's.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

} // namespace troupe::ctl
