// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/endpoint.hpp"

#include <string>

namespace troupe::http {

/// A listening, non-blocking TCP socket. `at` gets the port it really has. Throws error(unavailable) for an address
/// that is taken, error(invalid) for one that is not this machine's.
int listen_at(wire::endpoint& at);

/// The next connection, non-blocking, and whose it is (host:port); -1 when there is none.
int accept_from(int listener, std::string& whose);

} // namespace troupe::http
