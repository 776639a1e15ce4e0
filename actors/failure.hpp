// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <exception>

namespace troupe::actors {

/// A troupe::error as a reply, and back again.
caf::error to_caf(const std::exception& e); ///< errc::failed unless it is a troupe::error
error from_caf(const caf::error& e);

/// Runs a handler's body; what it throws becomes its reply, so that whoever waits learns of it.
template <class Reply, class Body>
caf::result<Reply> answer(Body body) {
  try {
    return body();
  } catch (const std::exception& e) { // of a library, too: LibTorch, JSON
    return to_caf(e);
  }
}

} // namespace troupe::actors
