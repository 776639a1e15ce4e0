// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/random.hpp"

#include "runtime/data/file_hash.hpp"
#include "runtime/verify/rule_judge.hpp"

namespace troupe::verify {

finding judge_random(const question& q, std::uint64_t seed) {
  const auto bit = data::counter_random{seed, data::hash_bytes(q.id)}.next() >> 63;
  return bit == 1 ? correct() : incorrect("drawn at random");
}

} // namespace troupe::verify
