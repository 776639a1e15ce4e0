// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/failure.hpp"
#include "actors/generator.hpp"

#include <caf/test/dsl.hpp>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// CAF's fixture for actors that poll: time stands still unless `advance_time` moves it, nothing runs unless the test
/// says so, and the actors named to `ends` end before the fixture does (it would run a poll for ever).
class deterministic_system : public test_coordinator_fixture<> {
public:
  ~deterministic_system() override {
    for (const auto& a : mine_) {
      self->send_exit(a, caf::exit_reason::kill);
    }
    consume_messages();
  }

  template <class Handle>
  Handle ends(Handle a) {
    mine_.push_back(caf::actor_cast<caf::actor>(a));
    return a;
  }

  /// Asks, lets everything run that needs no time, and takes the answer, which must be there.
  template <class Reply, class Handle, class Request>
  caf::expected<Reply> ask(const Handle& whom, Request what) {
    auto waiting = self->request(whom, caf::infinite, std::move(what));
    consume_messages();
    return take<Reply>(waiting);
  }

  template <class Reply, class Waiting>
  caf::expected<Reply> take(Waiting& waiting) {
    CAF_REQUIRE(!self->mailbox().empty()); // else `receive` would wait for ever
    caf::expected<Reply> answer{caf::error{}};
    waiting.receive([&](const Reply& r) { answer = r; }, [&](const caf::error& e) { answer = e; });
    return answer;
  }

  failure_sink sink() {
    return [this](const std::string& who, const std::string& what) { failures.push_back(who + ": " + what); };
  }

  std::vector<std::string> failures;

private:
  std::vector<caf::actor> mine_;
};

/// The troupe code that an answer carries; `errc{}` for an answer that is no error.
template <class Reply>
errc code_of(const caf::expected<Reply>& answer) {
  return answer ? errc{} : from_caf(answer.error()).code();
}

} // namespace troupe::actors
