// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_table.hpp"
#include "actors/failure.hpp"
#include "actors/long_answer.hpp"
#include "actors/messages.hpp"
#include "runtime/wire/client.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <functional>
#include <map>
#include <memory>

namespace troupe::actors {

/// From a wire's thread to its actor: a request has ended.
struct wire_ended {
  std::uint64_t request = 0;
  payload<wire::outcome> how;
};

/// To an actor that asks over a wire: the other side is lost. What it waits for ends with `unavailable` now, and so
/// does all it is asked later.
struct wire_cut {
  std::string why;
};

/// What an actor asked over a wire and has no answer to yet.
class wire_calls {
public:
  /// Sends `body` as a request of this kind; `decode` reads the answer on the actor's own thread, where the promise is
  /// kept. The actor must hand every wire_ended to `end`.
  template <class Reply, class Self, class Decode>
  caf::result<Reply> ask(Self* self, wire::client& to, std::uint16_t kind, std::string body,
                         std::chrono::milliseconds deadline, Decode decode) {
    auto promise = self->template make_response_promise<Reply>();
    if (!cut_.empty()) {
      promise.deliver(to_caf(error{errc::unavailable, cut_}));
      return promise;
    }
    auto wanted = std::make_shared<answer_wanted<Reply, Decode>>(answer_wanted<Reply, Decode>{promise, decode, {}});
    send(self, to, {kind, {wire::make_part(std::move(body))}}, deadline, std::move(wanted));
    return promise;
  }

  void end(const wire_ended& ended) {
    if (const auto it = waiting_.find(ended.request); it != waiting_.end()) {
      const auto deliver = std::move(it->second);
      waiting_.erase(it);
      deliver(*ended.how);
    }
  }

  void cut(const wire_cut& by) {
    cut_ = by.why;
    wire::outcome lost;
    lost.failure = error{errc::unavailable, by.why};
    for (auto& [number, deliver] : std::exchange(waiting_, {})) {
      deliver(lost);
    }
  }

private:
  template <class Reply, class Decode>
  struct answer_wanted {
    caf::typed_response_promise<Reply> promise;
    Decode decode;
    answer_so_far so_far;
  };

  /// One message there; its answer is the one wanted, or a piece of it.
  template <class Self, class Wanted>
  void send(Self* self, wire::client& to, wire::message what, std::chrono::milliseconds deadline,
            std::shared_ptr<Wanted> wanted) {
    const auto number = ++asked_;
    waiting_[number] = [this, self, &to, deadline, wanted](const wire::outcome& how) {
      try {
        if (const auto* whole = wanted->so_far.add(how)) {
          wanted->promise.deliver(wanted->decode(*whole));
        } else {
          send(self, to, wanted->so_far.next(), deadline, wanted);
        }
      } catch (const std::exception& e) { // what the other side answered, or bytes that are no answer
        wanted->promise.deliver(to_caf(e));
      }
    };
    try {
      to.request(std::move(what), deadline, [me = caf::actor_cast<caf::actor>(self), number](wire::outcome how) {
        caf::anon_send(me, wire_ended{number, std::make_shared<wire::outcome>(std::move(how))});
      });
    } catch (const std::exception& e) {
      waiting_.erase(number);
      wanted->promise.deliver(to_caf(e));
    }
  }

  std::string cut_; ///< why; empty: it is not
  std::uint64_t asked_ = 0;
  std::map<std::uint64_t, std::function<void(const wire::outcome&)>> waiting_; ///< by request
};

/// The behaviour of an actor that stands for one in another process: each of `calls` is asked there, within `within`;
/// `more` are its other handlers. Its state has a wire_calls `calls`.
template <class Behavior, class Pointer, class... Calls, class... More>
Behavior forwarding(call_table<Calls...> /*of*/, Pointer self, std::shared_ptr<wire::client> to,
                    std::chrono::milliseconds within, More... more) {
  return {[=](const typename Calls::request& r) -> caf::result<typename Calls::reply> {
            return self->state.calls.template ask<typename Calls::reply>(self, *to, Calls::kind, encode(r), within,
                                                                         decode_call<typename Calls::reply>);
          }...,
          [=](const wire_ended& ended) { self->state.calls.end(ended); }, std::move(more)...};
}

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::wire_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::wire_cut)
