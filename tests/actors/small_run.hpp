// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_service.hpp"
#include "actors/messages.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace troupe::actors {

/// A folder of its own that goes with the test.
class scratch_folder {
public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

inline const worker_name first_generator{"generator-0", {1, 1}};
inline const worker_name second_generator{"generator-1", {1, 2}};
inline const worker_name first_verifier{"verifier-0", {2, 1}};
inline const worker_name the_learner{"learner-0", {3, 1}};

/// Stage 0 `warm` is sft (3 examples a step), stage 1 `rl` is grpo (groups of 2, batches of 2, staleness at most 1),
/// stage 2 `pick` is rejection_sampling into dataset `kept`. The one task is `letters`, the one reward `exact`; leases
/// last 60 s.
config::recipe small_recipe();
inline constexpr stage_index sft_stage{0}, grpo_stage{1}, pick_stage{2};

/// Problem n asks "pN?", its answer is "aN", its demonstration "dN"; validation has 3 of them, train has no end.
source_map small_sources();
/// The same problems, as conversations that begin with "be brief".
source_map conversations();

/// Group `cursor` of stage `rl`, with two members.
group two_samples(std::uint64_t cursor);
/// Completion "ab", ended by itself, sampled with one version.
sample answer_ab(std::uint32_t index, std::uint64_t version = 0);
/// One part, `exact`.
judgement judged(bool correct);
/// A batch of groups `first` and `first + 1`: in each, member 0 is correct and member 1 is not.
std::shared_ptr<batch> two_groups(std::uint64_t first);

} // namespace troupe::actors
