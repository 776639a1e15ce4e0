// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <utility>

namespace troupe::actors {

/// A troupe::error as a reply, and back again.
caf::error to_caf(const error& e);
error from_caf(const caf::error& e);

/// Runs a handler's body; a troupe::error becomes its reply. Anything else is a bug and ends the actor.
template <class Reply, class Body>
caf::result<Reply> answer(Body body) {
  try {
    return body();
  } catch (const error& e) {
    return to_caf(e);
  }
}

} // namespace troupe::actors
