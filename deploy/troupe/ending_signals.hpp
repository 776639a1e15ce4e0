// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace troupe::program {

/// SIGTERM and SIGINT, for who blocks them and takes them with sigtimedwait.
inline sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

} // namespace troupe::program
