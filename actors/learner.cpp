// SPDX-License-Identifier: Apache-2.0
#include "actors/learner.hpp"

#include "actors/checkpoint.hpp"
#include "actors/deadlines.hpp"
#include "actors/learner_loading.hpp"
#include "actors/learner_ranks.hpp"

#include <caf/send.hpp>

namespace troupe::actors {

namespace {

error no_model() {
  return {errc::unavailable, "the learner has no model; load a stage"};
}

/// Writes the version at hand, with the share of the optimizer's state that each rank has, and records it.
void checkpoint(learner_pointer self, const shared_parts& p, const buffer_actor& from,
                caf::typed_response_promise<checkpoint_reply> promise) {
  auto& s = self->state;
  if (!s.trainer) {
    promise.deliver(to_caf(no_model()));
    return;
  }
  p->status->now("writing a checkpoint");
  try {
    ask_ranks<done_reply>(self, *p, [&](std::uint32_t) { return gather_share_request{s.present, s.version}; });
    s.trainer->gather();
  } catch (const std::exception& e) {
    give_up(self, *p, e, promise);
    return;
  }
  try {
    auto written = std::make_shared<checkpoint_record>(write_checkpoint(
        p->run_folder, p->spec_of(s.stage).name, s.stage, s.version, s.branch, *s.trainer, p->tokenizer_folder));
    self->request(from, deadline::buffer, record_request{written, {}, nullptr, s.present})
        .then(
            [=](const write_reply&) mutable {
              p->status->now("waiting for the controller", "controller");
              promise.deliver(checkpoint_reply{written});
            },
            [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
  } catch (const std::exception& e) {
    promise.deliver(to_caf(e));
  }
}

} // namespace

own_learner_actor::behavior_type learner(learner_pointer self, shared_parts parts, buffer_actor from) {
  self->attach_functor([ranks = parts->ranks] {
    for (const auto& one : ranks) {
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    }
  });
  return {
      [=](const load_stage_request& r) -> caf::result<load_stage_reply> {
        auto promise = self->make_response_promise<load_stage_reply>();
        load_stage(self, parts, from, r, promise);
        return promise;
      },
      [=](const publish_request& r) {
        return answer<done_reply>([&] {
          parts->board->publish(r.stage, open_weights(*parts, r.folder, policy_version{}));
          return done_reply{};
        });
      },
      [=](const pin_request& r) {
        return answer<done_reply>([&] {
          r.keep ? parts->board->pin(r.stage, r.version) : parts->board->unpin(r.stage, r.version);
          return done_reply{};
        });
      },
      [=](const step_request& r) -> caf::result<step_reply> {
        auto promise = self->make_response_promise<step_reply>();
        if (!self->state.trainer) {
          promise.deliver(to_caf(no_model()));
          return promise;
        }
        self->state.waiting_since = self->clock().now();
        step(self, parts, from, r.patience, promise);
        return promise;
      },
      [=](const try_step& again) {
        auto promise = again.promise;
        if (!overtaken(self->state, again.loads, promise)) {
          step(self, parts, from, again.patience, promise);
        }
      },
      [=](const checkpoint_request&) -> caf::result<checkpoint_reply> {
        auto promise = self->make_response_promise<checkpoint_reply>();
        checkpoint(self, parts, from, promise);
        return promise;
      },
  };
}

} // namespace troupe::actors
