// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/server.hpp"

#include "runtime/wire/server_loop.hpp"

namespace troupe::wire {

server::server(server_options options, handler handle)
    : loop_(std::make_unique<loop>(std::move(options), std::move(handle))) {}

server::~server() = default;

std::string server::endpoint() const {
  return loop_->endpoint();
}

counters server::read() const {
  return loop_->read();
}

} // namespace troupe::wire
