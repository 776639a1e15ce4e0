// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <span>

namespace troupe::gpu {

struct choice {
  std::int32_t token = 0;
  float logprob = 0; ///< of the token under the row that was handed in
};

/// Chooses a token from one row of log-probabilities at the sampling temperature. `uniform` is in [0, 1). A function of
/// its arguments alone. logprobs: [V].
choice choose_token(std::span<const float> logprobs, const sampling_options& how, double uniform);

/// The random number of one token: a function of (seed, index, position) alone, in [0, 1).
double token_uniform(std::uint64_t seed, std::uint32_t index, std::uint64_t position);

} // namespace troupe::gpu
