// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"

#include <iosfwd>
#include <string>

namespace troupe::ctl {

/// A verb of define_readers or define_writers on the store that is there; the exit status. Throws troupe::error.
int perform_on_store(const std::string& verb, const place& where, arguments_read& a, std::ostream& out,
                     std::ostream& err);

} // namespace troupe::ctl
