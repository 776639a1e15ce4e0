// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

TEST(RateLimiter, WithoutOptionsRefusesNothing) {
  EXPECT_EQ(rate_limiter{{}}.refusal(4, 4, 400, 4), "");
}

TEST(RateLimiter, LetsABatchPassWhileUsesStayBelowTheRatio) {
  const rate_limiter limit{{.samples_per_insert = 1.5}};
  EXPECT_EQ(limit.refusal(4, 4, 2, 4), ""); // 2 + 4 = 6 <= 1.5 * 4 = 6
  EXPECT_EQ(limit.refusal(4, 4, 3, 4),      // 7 > 6
            "held back by samples_per_insert: 4 groups came in and were used 3 times");
  EXPECT_EQ(limit.refusal(5, 5, 3, 4), ""); // 7 <= 7.5
}

TEST(RateLimiter, WaitsForTheSmallestSize) {
  const rate_limiter limit{{.min_size_to_sample = 5}};
  EXPECT_EQ(limit.refusal(4, 9, 0, 4), "held back: 4 of min_size_to_sample 5 groups ready");
  EXPECT_EQ(limit.refusal(5, 9, 0, 4), "");
}

} // namespace
} // namespace troupe::rollout
