// SPDX-License-Identifier: Apache-2.0
#include "actors/sampling_seed.hpp"

#include <array>
#include <xxhash.h>

namespace troupe::actors {

std::uint64_t cursor_seed(std::uint64_t run_seed, stage_index stage, std::uint64_t cursor) {
  const std::array<std::uint64_t, 3> words{run_seed, stage.value, cursor};
  return XXH3_64bits(words.data(), sizeof words);
}

std::uint64_t problem_seed(std::uint64_t run_seed, const prompt& asked) {
  const std::array<std::uint64_t, 4> words{run_seed, XXH3_64bits(asked.task.data(), asked.task.size()),
                                           static_cast<std::uint64_t>(asked.from), asked.index};
  return XXH3_64bits(words.data(), sizeof words);
}

} // namespace troupe::actors
