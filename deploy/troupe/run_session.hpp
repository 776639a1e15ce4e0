// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupe/run_folder.hpp"

namespace troupe::program {

/// One run, all roles in this process, wired by hand from top to bottom. Ctrl-C ends it cleanly after the present step.
/// Returns the exit status: 0 finished, 130 stopped. Throws troupe::error.
int run_session(const wanted_run& wanted);

} // namespace troupe::program
