// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/judge.hpp"

#include <string>
#include <string_view>

namespace troupe::verify {

/// A line of `troupe verify NAME`: {"id","prompt","completion","answer","metadata"?,"messages"?}, with a line end.
std::string question_line(const question& q);

/// The user's {"id","verdict","reward","reason"}. `verdict` may be absent: a scored part; `reward` may be absent: 1 for
/// correct, else 0. Anything else, an `error`, or another id than `expected_id` is `undecided` with a reason.
finding read_finding(std::string_view line, std::string_view expected_id);

} // namespace troupe::verify
