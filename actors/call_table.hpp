// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_codec.hpp"
#include "actors/messages.hpp"
#include "runtime/error.hpp"

#include <caf/detail/type_list.hpp>
#include <caf/response_type.hpp>
#include <cstdint>
#include <string>

/// The requests of an actor's interface that cross the wire. One table serves both sides: the actor that stands for one
/// in another process (wire_call.hpp, `forwarding`), and the door there (`dispatch`).
namespace troupe::actors {

/// A request, its kind on the wire, and the reply that the interface has for it.
template <class Actor, class Request, auto Kind>
struct call {
  using request = Request;
  using reply = typename caf::detail::tl_head<caf::response_type_t<typename Actor::signatures, Request>>::type;
  static constexpr auto kind = static_cast<std::uint16_t>(Kind);
};

template <class... Calls>
struct call_table {};

/// Whether a table has a call of this kind.
template <class... Calls>
constexpr bool has_kind(call_table<Calls...> /*of*/, std::uint16_t kind) {
  return ((Calls::kind == kind) || ...);
}

/// `answer(call)` for the call of this kind. Throws error(invalid) when the table has none.
template <class Answer, class... Calls>
void dispatch(call_table<Calls...> /*of*/, std::uint16_t kind, Answer answer) {
  if (!((Calls::kind == kind && (answer(Calls{}), true)) || ...)) {
    throw error{errc::invalid, "request of the unknown kind " + std::to_string(kind)};
  }
}

std::string encode(const done_reply& m);
done_reply decode_call(std::string_view bytes, of_type<done_reply>);

} // namespace troupe::actors
