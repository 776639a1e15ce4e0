// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::ctl {

/// Answers `tail` with these words; the exit status.
using tail_asked = std::function<int(const std::vector<std::string>& words, std::ostream& out, std::ostream& err)>;

/// tail -f: what `tail` shows, and from then on every row that is new or has changed, once each; as JSON one a line.
/// Asks anew every --interval, until --for is over. Of more than a thousand changes between two looks the oldest are
/// missed, which is said on `err`.
int follow(const arguments_read& a, const tail_asked& ask, std::ostream& out, std::ostream& err);

} // namespace troupe::ctl
