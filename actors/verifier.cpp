// SPDX-License-Identifier: Apache-2.0
#include "actors/verifier.hpp"

#include "actors/deadlines.hpp"
#include "actors/failure.hpp"

namespace troupe::actors {

namespace {

constexpr std::uint32_t groups_per_lease = 16;

payload<std::vector<judged_group>> judge_all(const lease_generated_reply& work, const judge_group& judge) {
  auto judged = std::make_shared<std::vector<judged_group>>();
  for (const auto& g : *work.groups) {
    judged->push_back({work.lease, g.what.id, judge(g)});
  }
  return judged;
}

} // namespace

verifier_actor::behavior_type verifier(verifier_actor::stateful_pointer<verifier_state> self, worker_name who,
                                       buffer_actor from, judge_group judge, failure_sink failed) {
  const auto give_up = [=](const caf::error& e) { failed(who.name, from_caf(e).what()); };
  return {
      [=](const pull_work&) {
        if (self->state.asking || self->state.draining) {
          return;
        }
        self->state.asking = true;
        self->request(from, deadline::buffer, lease_generated_request{who, groups_per_lease})
            .then(
                [=](const lease_generated_reply& work) {
                  self->state.asking = false;
                  if (work.groups->empty()) {
                    self->delayed_send(self, deadline::idle_poll, pull_work{});
                    return;
                  }
                  try {
                    self->request(from, deadline::buffer, submit_verdict_request{who, judge_all(work, judge)})
                        .then([=](const submit_reply&) { self->send(self, pull_work{}); },
                              [=](caf::error& e) { give_up(e); });
                  } catch (const std::exception& e) {
                    failed(who.name, e.what());
                  }
                },
                [=](caf::error& e) { give_up(e); });
      },
      [=](const drain_request&) {
        self->state.draining = true;
        return drain_reply{};
      },
  };
}

} // namespace troupe::actors
