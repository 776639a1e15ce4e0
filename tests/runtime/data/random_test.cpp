// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/random.hpp"

#include <gtest/gtest.h>
#include <set>

namespace troupe::data {

TEST(SplitMix64, MatchesItsPublishedSequence) {
  // The generator of seed 0 yields the finalizer of 0, then of the golden gamma, and so on; first outputs of the
  // reference implementation (prng.di.unimi.it/splitmix64.c).
  EXPECT_EQ(splitmix64(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(splitmix64(0x9e3779b97f4a7c15ULL), 0x6e789e6aa1b965f4ULL);
}

TEST(CounterRandom, IsAFunctionOfItsKeyAlone) {
  counter_random a{1, 2};
  counter_random b{1, 2};
  counter_random swapped{2, 1};
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, swapped.next());
  EXPECT_NE(a.next(), first);
}

TEST(CounterRandom, StaysInRangeAndReachesItsEnds) {
  counter_random random{7};
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.between(-2, 2));
    const auto u = random.uniform();
    EXPECT_GE(u, 0.0);
    EXPECT_LT(u, 1.0);
  }
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
}

TEST(Permuted, VisitsEachPlaceOnce) {
  for (const std::uint64_t n : {1u, 2u, 5u, 16u, 100u}) {
    std::set<std::uint64_t> places;
    for (std::uint64_t i = 0; i < n; ++i) {
      places.insert(permuted(i, n, 42));
    }
    EXPECT_EQ(places.size(), n);
    EXPECT_LT(*places.rbegin(), n);
  }
}

TEST(Permuted, AnotherKeyIsAnotherOrder) {
  int moved = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    moved += permuted(i, 100, 1) != permuted(i, 100, 2) ? 1 : 0;
  }
  EXPECT_GT(moved, 80); // about 99 of 100
}

} // namespace troupe::data
