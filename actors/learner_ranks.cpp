// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_ranks.hpp"

#include "runtime/kill_point.hpp"

#include <caf/atom.hpp>
#include <caf/send.hpp>
#include <filesystem>
#include <utility>

namespace troupe::actors {

std::shared_ptr<const gpu::weights> open_weights(const learner_parts& p, const std::string& folder,
                                                 policy_version version) {
  return folder.empty() ? p.backend->new_weights(p.new_model, p.recipe->seed)
                        : p.backend->load_weights((std::filesystem::path{p.run_folder} / folder).string(), version);
}

std::shared_ptr<examples_wanted> examples_of(const learner_parts& p, stage_index stage) {
  auto wanted = std::make_shared<examples_wanted>();
  wanted->recipe = p.recipe;
  wanted->sources = &p.sources;
  wanted->tokenizer = p.tokenizer;
  wanted->stage = stage;
  return wanted;
}

std::unique_ptr<gpu::trainer> open_trainer(const learner_parts& p, const load_stage_request& what,
                                           std::shared_ptr<gpu::collective> ranks) {
  const auto optimizer =
      what.with_optimizer ? (std::filesystem::path{p.run_folder} / what.folder).string() : std::string{};
  auto trainer = p.backend->make_trainer(open_weights(p, what.folder, what.version), optimizer, std::move(ranks));
  if (p.recipe->stages.at(what.stage.value).beta > 0 && !what.with_optimizer) { // a checkpoint carries its reference
    trainer->set_reference_to_policy();
  }
  return trainer;
}

namespace {

using rank_pointer = learner_rank_actor::stateful_pointer<learner_rank_state>;

/// A request of the stage at hand.
void check_epoch(const learner_rank_state& s, epoch learner) {
  if (s.loaded.learner == epoch{} && learner != epoch{}) {
    throw error{errc::unavailable, "this rank was started and has no stage so far"};
  }
  if (learner != s.loaded.learner) {
    throw error{errc::fenced, "this rank works for another epoch of the learner"};
  }
}

/// The same, and of no other version than this rank's.
void check_in_step(const learner_rank_state& s, epoch learner, policy_version version) {
  check_epoch(s, learner);
  if (!s.trainer) {
    throw error{errc::unavailable, "this rank has lost its model; load the stage"};
  }
  if (version != s.version) {
    throw error{errc::conflict, "this rank is at version " + std::to_string(s.version.value) + ", not at " +
                                    std::to_string(version.value)};
  }
}

void lose_model(learner_rank_state& s, const learner_parts& p) {
  s.trainer.reset(); // the others need not wait for this rank
  p.status->now("waiting for the stage to be loaded anew", "learner");
}

void idle(const learner_parts& p) {
  p.status->now("waiting for rank 0", "learner");
}

void train_share(learner_rank_state& s, const learner_parts& p, const train_share_request& r, const batch* groups) {
  check_in_step(s, r.learner, r.version);
  activity::scope busy{*p.meter, activity::kind::training};
  p.status->now("training step " + std::to_string(s.version.next().value));
  try {
    fail_point("rank_trains");
    train_once(*s.trainer, {.groups = groups, .examples = s.examples.get(), .data_cursor = r.data_cursor}, *p.recipe,
               s.loaded.stage, s.version.next(), *p.tokenizer);
  } catch (const std::exception&) {
    lose_model(s, p);
    throw;
  }
  s.version = s.version.next();
  p.status->work_with(s.version);
  idle(p);
}

} // namespace

learner_rank_actor::behavior_type learner_rank(rank_pointer self, std::shared_ptr<const learner_parts> parts,
                                               buffer_actor from) {
  idle(*parts);
  return {
      [=](const load_share_request& r) -> caf::result<done_reply> {
        auto promise = self->make_response_promise<done_reply>();
        const auto learner = r.what.learner;
        if (learner < self->state.loaded.learner && learner != epoch{}) { // sent again, or by a rank 0 of before
          promise.deliver(to_caf(error{errc::fenced, "a later epoch has begun for this rank"}));
          return promise;
        }
        self->state.trainer.reset();
        self->state.loaded = r.what;
        parts->status->now("loading stage " + std::to_string(r.what.stage.value));
        const auto wanted = examples_of(*parts, r.what.stage);
        wanted->done = [=](std::unique_ptr<training_data> examples) mutable {
          check_epoch(self->state, learner); // no other stage was asked for meanwhile
          self->state.examples = std::move(examples);
          idle(*parts);
          promise.deliver(done_reply{});
        };
        wanted->failed = [=](const caf::error& e) mutable { promise.deliver(e); };
        fetch_examples(self, from, wanted);
        return promise;
      },
      [=](const join_ranks_request& r) {
        return answer<done_reply>([&] {
          auto& s = self->state;
          check_epoch(s, r.learner);
          auto where = r.where;
          where.host = parts->meeting_host; // this rank's own
          parts->status->now("joining the other ranks");
          s.trainer = open_trainer(*parts, s.loaded, parts->backend->join(where));
          s.version = s.loaded.version;
          parts->status->work_with(s.version);
          idle(*parts);
          return done_reply{};
        });
      },
      [=](const train_share_request& r) -> caf::result<done_reply> {
        auto promise = self->make_response_promise<done_reply>();
        auto train = [=](const batch* groups) mutable {
          try {
            train_share(self->state, *parts, r, groups);
            promise.deliver(done_reply{});
          } catch (const std::exception& e) {
            promise.deliver(to_caf(e));
          }
        };
        if (r.groups.empty()) {
          train(nullptr);
          return promise;
        }
        parts->status->now("reading a batch", "buffer");
        self->request(from, deadline::buffer, read_batch_request{r.groups})
            .then([=](const lease_batch_reply& reply) mutable { train(reply.what.get()); },
                  [=](caf::error& e) mutable {
                    if (r.learner == self->state.loaded.learner) {
                      lose_model(self->state, *parts);
                    }
                    promise.deliver(std::move(e));
                  });
        return promise;
      },
      [=](const gather_share_request& r) {
        return answer<done_reply>([&] {
          auto& s = self->state;
          check_in_step(s, r.learner, r.version);
          try {
            s.trainer->gather();
          } catch (const std::exception&) {
            lose_model(s, *parts);
            throw;
          }
          return done_reply{};
        });
      },
  };
}

std::vector<learner_rank_actor> spawn_learner_ranks(caf::actor_system& system, const learner_parts& like,
                                                    const buffer_actor& from) {
  auto parts = std::make_shared<learner_parts>(like);
  parts->meter = std::make_shared<activity>(); // rank 0's figures are those of the learner
  parts->status = std::make_shared<worker_status>();
  std::vector<learner_rank_actor> ranks;
  for (std::uint32_t i = 1; i < like.recipe->learners; ++i) {
    ranks.push_back(system.spawn<caf::detached>(learner_rank, std::shared_ptr<const learner_parts>{parts}, from));
  }
  return ranks;
}

void note_failure(rank_answers& to, std::uint32_t rank, const caf::error& why) {
  if (to.failed && to.failed->code() != errc::unavailable) {
    return; // that one is the cause
  }
  const auto said = from_caf(why);
  const bool in_words = why.category() == caf::atom("troupe");
  to.failed = error{in_words ? said.code() : errc::unavailable, "rank " + std::to_string(rank) + ": " + said.what()};
}

void when_ranks_answered(learner_state& s, std::function<void()> then) {
  if (!s.asked || s.asked->outstanding == 0) {
    then();
  } else {
    s.asked->when_all_in = std::move(then);
  }
}

std::shared_ptr<gpu::collective> join_ranks(own_learner_actor::stateful_pointer<learner_state> self,
                                            const learner_parts& p) {
  if (p.ranks.empty()) {
    return nullptr;
  }
  auto& s = self->state;
  s.meeting = p.backend->open_meeting(p.meeting_host);
  gpu::seat where{.address = s.meeting->address(),
                  .host = p.meeting_host,
                  .size = static_cast<std::uint32_t>(p.ranks.size() + 1),
                  .deadline = deadline::ranks};
  ask_ranks<done_reply>(self, p, [&](std::uint32_t rank) {
    where.rank = rank;
    return join_ranks_request{where, s.present};
  });
  where.rank = 0;
  return p.backend->join(where);
}

error cause_of(const std::exception& mine, const learner_state& s) {
  const auto* ours = dynamic_cast<const error*>(&mine);
  if (ours == nullptr || ours->code() != errc::unavailable || !s.asked || !s.asked->failed) {
    return ours == nullptr ? error{errc::failed, mine.what()} : *ours;
  }
  return {errc::unavailable, s.asked->failed->what() + std::string{"; the learner must load its stage anew"}};
}

} // namespace troupe::actors
