// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/deadlines.hpp"
#include "actors/learner.hpp"
#include "actors/stage_training.hpp"

#include <caf/actor_system.hpp>
#include <functional>

/// The ranks of one learner. Rank 0 is the learner; it leases and commits, publishes and saves. The others do what it
/// asks them to, all at once, and all meet in the collective. A rank that dies, hangs or throws costs every rank its
/// model: rank 0's request then fails with `unavailable`, and `load_stage` begins anew from the last checkpoint.
namespace troupe::actors {

/// Weights below the run folder or elsewhere; without a folder a new model.
std::shared_ptr<const gpu::weights> open_weights(const learner_parts& p, const std::string& folder,
                                                 policy_version version);
std::unique_ptr<gpu::trainer> open_trainer(const learner_parts& p, const load_stage_request& what,
                                           std::shared_ptr<gpu::collective> ranks);
/// The examples of a stage, for fetch_examples; the caller says what comes then.
std::shared_ptr<examples_wanted> examples_of(const learner_parts& p, stage_index stage);

struct learner_rank_state {
  learner_rank_state() = default; ///< not an aggregate, see learner_state
  static constexpr const char* name = "learner_rank";
  std::unique_ptr<gpu::trainer> trainer;
  std::unique_ptr<training_data> examples;
  load_stage_request loaded; ///< of the stage at hand
  policy_version version;
};
/// A rank beside rank 0, which asks it from this process or over the wire (actors/rank_door.hpp). Of the parts it uses
/// no board.
learner_rank_actor::behavior_type learner_rank(learner_rank_actor::stateful_pointer<learner_rank_state> self,
                                               std::shared_ptr<const learner_parts> parts, buffer_actor from);

/// Spawns the ranks that the recipe asks for beside rank 0, in this process, whose `ranks` they become; none where it
/// asks for one learner. `like` is what rank 0 gets. They end with the actor that rank 0 is.
std::vector<learner_rank_actor> spawn_learner_ranks(caf::actor_system& system, const learner_parts& like,
                                                    const buffer_actor& from);

/// What the other ranks answered to one request, as rank 0 learns of it. Shared by the callbacks; rank 0's thread owns
/// it.
struct rank_answers {
  std::size_t outstanding = 0;
  std::optional<error> failed;       ///< the first that was not merely left alone by another
  std::function<void()> when_all_in; ///< empty: nobody waits for them
};

/// Rank `rank` failed with `why`; one that is gone is unavailable.
void note_failure(rank_answers& to, std::uint32_t rank, const caf::error& why);

/// Asks every other rank, `of(i)` being the request to rank i. Not waited for.
template <class Reply, class Of>
void ask_ranks(own_learner_actor::stateful_pointer<learner_state> self, const learner_parts& p, Of of) {
  const auto answers = std::make_shared<rank_answers>();
  answers->outstanding = p.ranks.size();
  self->state.asked = answers;
  const auto came_in = [answers] {
    if (--answers->outstanding == 0 && answers->when_all_in) {
      std::exchange(answers->when_all_in, nullptr)();
    }
  };
  for (std::uint32_t i = 0; i < p.ranks.size(); ++i) {
    self->request(p.ranks[i], deadline::step_of(*p.recipe), of(i + 1))
        .then([=](const Reply&) { came_in(); },
              [=](caf::error& e) {
                note_failure(*answers, i + 1, e);
                came_in();
              });
  }
}

/// Once all other ranks have answered what they were asked last.
void when_ranks_answered(learner_state& s, std::function<void()> then);

/// Takes seat 0 of a new collective, and has the others take theirs; null without others.
std::shared_ptr<gpu::collective> join_ranks(own_learner_actor::stateful_pointer<learner_state> self,
                                            const learner_parts& p);

/// What rank 0 says of a failure of its own: the words of the rank that caused it, where one did.
error cause_of(const std::exception& mine, const learner_state& s);

/// Answers a request that failed with `e`. Of several ranks all must begin anew: rank 0 lets go of its model first, so
/// that none waits for it, and answers when all have.
template <class Promise>
void give_up(own_learner_actor::stateful_pointer<learner_state> self, const learner_parts& p, const std::exception& e,
             Promise promise) {
  if (p.ranks.empty()) {
    promise.deliver(to_caf(e));
    return;
  }
  self->state.trainer.reset();
  self->state.meeting.reset();
  const auto* ours = dynamic_cast<const error*>(&e);
  const error mine{ours == nullptr ? errc::failed : ours->code(), e.what()};
  when_ranks_answered(self->state, [=]() mutable { promise.deliver(to_caf(cause_of(mine, self->state))); });
}

} // namespace troupe::actors
