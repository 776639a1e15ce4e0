// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_table.hpp"
#include "actors/failure.hpp"
#include "actors/messages.hpp"
#include "actors/wire_reply.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// What doors share: an actor that lets other processes ask one of this process.
namespace troupe::actors {

/// A request of another process, as it came over the wire.
struct wire_asked {
  wire::peer from;
  payload<wire::message> what;
  wire::respond answer;
};

using door_actor = caf::typed_actor<caf::reacts_to<wire_asked>>;

/// Asks `to` and answers the wire with its encoded reply, as the message that `wrap` makes of it, or with its error.
template <class Reply, class Target, class Request, class Wrap = wire::message (*)(std::string)>
void pass_on(door_actor::pointer self, const Target& to, std::chrono::milliseconds deadline, Request request,
             const wire::respond& answer, Wrap wrap = &success) {
  self->request(to, deadline, std::move(request))
      .then(
          [answer, wrap](const Reply& reply) {
            try {
              answer(wrap(encode(reply)));
            } catch (const error& e) {
              answer(failure_of(e));
            } catch (const std::exception& e) { // a reply that cannot be encoded is a damaged record
              answer(failure_of(error{errc::corrupt, e.what()}));
            }
          },
          [answer](caf::error& e) { answer(failure_of(from_caf(e))); });
}

/// Asks `to` what was asked over the wire, one of `calls`, within `within`.
template <class... Calls, class Target>
void pass_on_as(call_table<Calls...> calls, door_actor::pointer self, const Target& to,
                std::chrono::milliseconds within, const wire_asked& asked) {
  dispatch(calls, asked.what->kind, [&]<class Call>(Call) {
    auto request = decode_call<typename Call::request>(*only_part(*asked.what));
    pass_on<typename Call::reply>(self, to, within, std::move(request), asked.answer);
  });
}

/// Only the newest controller is obeyed: one that another has replaced was cut off or stopped, and knows no better. Not
/// thread-safe.
class controller_fence {
public:
  /// Throws error(fenced) for a controller that was replaced; lets every other role pass.
  void check(const wire::peer& from);

private:
  incarnation present_;
  std::vector<incarnation> replaced_;
};

/// Hands what a wire::server receives to a door.
wire::handler handler_of(door_actor door);

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::wire_asked)
