// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/client.hpp"

#include "runtime/wire/client_loop.hpp"

namespace troupe::wire {

client::client(client_options options) : loop_(std::make_unique<loop>(std::move(options))) {}

client::~client() = default;

void client::request(message what, std::chrono::milliseconds deadline, std::function<void(outcome)> done) {
  loop_->request(std::move(what), deadline, std::move(done));
}

std::size_t client::outstanding_bytes() const noexcept {
  return loop_->outstanding_bytes();
}

bool client::connected() const noexcept {
  return loop_->connected();
}

std::chrono::milliseconds client::waiting() const noexcept {
  return loop_->waiting();
}

client_counters client::read() const {
  return loop_->read();
}

} // namespace troupe::wire
