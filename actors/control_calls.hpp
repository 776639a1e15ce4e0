// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_codec.hpp"
#include "runtime/cluster/membership.hpp"

#include <string>
#include <string_view>

/// What members say to the controller, as bytes (schema/control.capnp). Decoding trusts nothing and throws codec_error.
/// Name, role and incarnation of the speaker are the connection's; the codec leaves them out.
namespace troupe::actors {

/// Kinds of the wire's requests to the controller. Numbers are never reused.
enum class control_call : std::uint16_t { join = 200, heartbeat = 201, leave = 202 };

struct leave_request {
  std::string why;
};

std::string encode(const cluster::joiner& m);
cluster::joiner decode_call(std::string_view bytes, of_type<cluster::joiner>);
std::string encode(const cluster::sign_of_life& m);
cluster::sign_of_life decode_call(std::string_view bytes, of_type<cluster::sign_of_life>);
std::string encode(const leave_request& m);
leave_request decode_call(std::string_view bytes, of_type<leave_request>);
std::string encode(const cluster::instruction& m);
cluster::instruction decode_call(std::string_view bytes, of_type<cluster::instruction>);

/// Members join; who only looks or operates does not.
bool may_join(wire::role who, std::uint16_t kind);

} // namespace troupe::actors
