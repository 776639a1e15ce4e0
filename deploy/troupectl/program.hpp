// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::ctl {

/// What a person sits at; by default nobody does.
struct terminal {
  std::istream* answers = nullptr; ///< where a question is answered
  bool shows_output = false;       ///< what is written to `out` is read as it comes
};

/// `troupectl ARGUMENTS`. Data goes to `out`, everything else to `err`; returns the exit status of runtime/error.hpp:
/// 0 fine, 1 failure, 2 usage, 3 not found, 4 unavailable, 5 integrity violated. Throws nothing of troupe's.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err, const terminal& at = {});

/// A reading verb for somebody else, on a copy of the store of a run that this process owns; `make_copy` makes it, once
/// it is needed, and says where it is. What names a place, changes something or writes a file is refused before. What
/// `out` and `err` throw is passed on, and what `make_copy` throws but a troupe::error.
int run_on_copy(const std::string& run_folder, const std::function<std::string()>& make_copy,
                const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

} // namespace troupe::ctl
