// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/activity.hpp"
#include "actors/interfaces.hpp"
#include "actors/logprob_gap.hpp"
#include "actors/training_data.hpp"
#include "actors/weights_board.hpp"
#include "actors/worker_status.hpp"

#include <caf/actor_clock.hpp>
#include <optional>

namespace troupe::actors {

/// What a learner needs of the world.
struct learner_parts {
  const config::recipe* recipe = nullptr;
  std::shared_ptr<gpu::backend> backend;
  std::shared_ptr<weights_board> board;
  std::shared_ptr<const text::tokenizer> tokenizer;
  std::shared_ptr<activity> meter;
  std::shared_ptr<worker_status> status = std::make_shared<worker_status>();
  source_map sources;
  std::string run_folder;
  std::string tokenizer_folder;
  gpu::model_shape new_model; ///< used when a stage starts from no checkpoint
  worker_name who;
  std::vector<learner_rank_actor> ranks;  ///< the other ranks, of rank 0 (actors/learner_ranks.hpp)
  std::string meeting_host = "127.0.0.1"; ///< on which the others reach this rank; of rank 0: where they meet

  const config::stage_spec& spec_of(stage_index stage) const { return recipe->stages.at(stage.value); }
};

struct rank_answers;

/// From the learner to itself: the batch was not ready, try again.
struct try_step {
  std::chrono::milliseconds patience;
  std::uint64_t loads = 0; ///< of the request; another stage may have been loaded since
  caf::typed_response_promise<step_reply> promise;
};

struct learner_state {
  /// Not an aggregate: CAF 0.17 builds a state from the actor's pointer wherever C++ can, and since C++20 it can
  /// initialise an aggregate's first member with it.
  learner_state() = default;
  static constexpr const char* name = "learner";
  std::unique_ptr<gpu::meeting> meeting;   ///< of several ranks
  std::shared_ptr<rank_answers> asked;     ///< what the others were asked last
  std::unique_ptr<gpu::trainer> trainer;   ///< null before the first stage, and after a rank has failed
  std::unique_ptr<training_data> examples; ///< sft stages
  stage_index stage;
  policy_version version;
  std::uint32_t branch = 0;
  epoch present; ///< of the stage at hand
  std::uint64_t data_cursor = 0;
  logprob_gap gap;
  std::uint64_t loads = 0;  ///< what was asked for before the last one is void
  bool uncommitted = false; ///< the trainer is ahead of what is recorded
  policy_version recorded;  ///< newest step when the stage was loaded; up to it steps are trained again
  caf::actor_clock::time_point waiting_since;
};

/// The learner's interface, and what it says to itself.
using own_learner_actor = learner_actor::extend<caf::reacts_to<try_step>>;

/// Until a stage is loaded it answers `unavailable`: the controller loads it again after a restart.
own_learner_actor::behavior_type learner(own_learner_actor::stateful_pointer<learner_state> self,
                                         std::shared_ptr<const learner_parts> parts, buffer_actor from);

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::try_step)
