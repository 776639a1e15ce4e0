// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/random.hpp"

namespace troupe::data {

std::uint64_t permuted(std::uint64_t index, std::uint64_t n, std::uint64_t key) {
  TROUPE_CHECK(index < n, index, " of ", n);
  // A Feistel network over the smallest even number of bits that holds n, walked until it lands inside.
  unsigned half = 1;
  while (half < 32 && (std::uint64_t{1} << (2 * half)) < n) {
    ++half;
  }
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = index >> half;
    std::uint64_t right = index & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t mixed = (left ^ splitmix64(splitmix64(key + round) ^ right)) & mask;
      left = right;
      right = mixed;
    }
    index = (left << half) | right;
  } while (index >= n);
  return index;
}

} // namespace troupe::data
