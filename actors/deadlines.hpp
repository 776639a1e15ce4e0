// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <chrono>

/// How long anyone waits for anyone. Nothing in actors/ waits without one of these.
namespace troupe::actors::deadline {

inline constexpr std::chrono::minutes space{4};          ///< for a full disk to have room again; below `stall`
inline constexpr std::chrono::seconds space_poll{1};     ///< between two looks whether it has
inline constexpr std::chrono::minutes buffer{5};         ///< any request to the buffer: an fsync, or a wait for space
inline constexpr std::chrono::milliseconds idle_poll{2}; ///< pause of a worker that found nothing to do
inline constexpr std::chrono::seconds renewal{10};       ///< between two renewals of a lease
inline constexpr std::chrono::seconds drain{30};
inline constexpr std::chrono::minutes step{30};      ///< one training step, replayed steps included
inline constexpr std::chrono::minutes stall{5};      ///< a run in which nothing moves for so long ends with the reason
inline constexpr std::chrono::seconds verdicts{1};   ///< a verifier hands in what it has judged at least so often
inline constexpr std::chrono::seconds wait_note{60}; ///< between two lines that say what the learner waits for

/// `stall`, and the longest that the user's own verifiers may take over one group of the stage.
std::chrono::seconds stall_of(const config::stage_spec& stage);

} // namespace troupe::actors::deadline
