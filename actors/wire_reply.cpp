// SPDX-License-Identifier: Apache-2.0
#include "actors/wire_reply.hpp"

namespace troupe::actors {

wire::message success(std::string encoded) {
  return {0, {wire::make_part(std::move(encoded))}};
}

wire::message failure_of(const error& e) {
  return {static_cast<std::uint16_t>(e.code()), {wire::make_part(e.what())}};
}

const wire::part& only_part(const wire::message& request) {
  if (request.parts.size() != 1) {
    throw error{errc::invalid, "a request of " + std::to_string(request.parts.size()) + " parts; it has one"};
  }
  return request.parts.front();
}

const std::string& reply_in(const wire::outcome& how) {
  if (how.failure) {
    throw *how.failure;
  }
  const auto& m = how.reply;
  const auto failure = errc_of(m.kind);
  if (m.parts.size() != 1 || (m.kind != 0 && !failure)) {
    throw error{errc::failed, "an answer of kind " + std::to_string(m.kind) + " with " +
                                  std::to_string(m.parts.size()) +
                                  " parts; it has one, and a kind that names an error"};
  }
  if (failure) {
    throw error{*failure, *m.parts.front()};
  }
  return *m.parts.front();
}

} // namespace troupe::actors
