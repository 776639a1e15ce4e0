// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"

#include <chrono>

/// How long anyone waits for anyone. Nothing in actors/ waits without one of these.
namespace troupe::actors::deadline {

inline constexpr std::chrono::minutes space{4};          ///< for a full disk to have room again
inline constexpr std::chrono::seconds space_poll{1};     ///< between two looks whether it has
inline constexpr std::chrono::seconds wire{290};         ///< the same over the wire, which then can say why not
inline constexpr std::chrono::seconds weights{10};       ///< an answer of the learner's door, which waits less
inline constexpr std::chrono::seconds weights_chunk{60}; ///< the bytes of some chunks, over a slow network
inline constexpr std::chrono::minutes buffer{5};         ///< any request to the buffer: an fsync, or a wait for space
inline constexpr std::chrono::milliseconds idle_poll{2}; ///< pause of a worker that found nothing to do
inline constexpr std::chrono::milliseconds idle_poll_max{8};  ///< the same, after it found nothing several times
inline constexpr std::chrono::milliseconds progress_poll{10}; ///< between two looks how far an evaluation is
inline constexpr std::chrono::minutes gathering{10};          ///< for buffer and learner to join, or come back
inline constexpr std::chrono::minutes step{30};      ///< one training step, replayed steps included; see `step_of`
inline constexpr std::chrono::minutes ranks{10};     ///< a learner's ranks, for the slowest at each meeting in a step
inline constexpr std::chrono::seconds verdicts{1};   ///< a verifier hands in what it has judged at least so often
inline constexpr std::chrono::seconds wait_note{60}; ///< between two lines that say what the learner waits for

/// The recipe's `stall_s`, and the longest that the user's own verifiers may take over one group of the stage.
std::chrono::seconds stall_of(const config::recipe& r, const config::stage_spec& stage);

/// For what the learner does in one go: `step`, or `stall_s` where that is longer.
std::chrono::seconds step_of(const config::recipe& r);

/// Between two renewals of a lease: 10 s, less where leases are short.
std::chrono::milliseconds renewal_of(const config::recipe& r);

} // namespace troupe::actors::deadline
