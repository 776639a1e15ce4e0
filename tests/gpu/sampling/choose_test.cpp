// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/choose.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace troupe::gpu {
namespace {

// Shares 0.1, 0.5, 0.1, 0.3 of four tokens.
const std::vector<float> row{std::log(0.1F), std::log(0.5F), std::log(0.1F), std::log(0.3F)};

std::int32_t token(const sampling_options& how, double uniform) {
  return choose_token(row, how, uniform).token;
}

TEST(ChooseToken, WalksTheCumulatedShares) {
  EXPECT_EQ(token({}, 0.0), 0);
  EXPECT_EQ(token({}, 0.09), 0);
  EXPECT_EQ(token({}, 0.11), 1);
  EXPECT_EQ(token({}, 0.59), 1);
  EXPECT_EQ(token({}, 0.61), 2);
  EXPECT_EQ(token({}, 0.71), 3);
  EXPECT_EQ(token({}, std::nextafter(1.0, 0.0)), 3);
  EXPECT_EQ(choose_token(row, {}, 0.71).logprob, row[3]);
}

TEST(ChooseToken, GreedyTakesTheFirstOfTheLargest) {
  EXPECT_EQ(token({.temperature = 0}, 0.99), 1);
  EXPECT_EQ(choose_token(std::vector<float>{-2, -1, -1}, {.temperature = 0}, 0.5).token, 1);
}

TEST(ChooseToken, TopKKeepsTheMostLikely) {
  EXPECT_EQ(token({.top_k = 1}, 0.99), 1);
  EXPECT_EQ(token({.top_k = 2}, 0.62), 1); // 0.5 / 0.8 = 0.625
  EXPECT_EQ(token({.top_k = 2}, 0.63), 3);
  EXPECT_EQ(token({.top_k = 3}, 0.999), 0); // of the equals 0 and 2 the lower id stays
  EXPECT_EQ(token({.top_k = 9}, 0.999), 2);
}

TEST(ChooseToken, TopPKeepsTheFewestThatReachIt) {
  EXPECT_EQ(token({.top_p = 0.4}, 0.99), 1);
  EXPECT_EQ(token({.top_p = 0.6}, 0.63), 3);             // 0.5 is too little, 0.8 is enough
  EXPECT_EQ(token({.top_p = 0.6, .top_k = 2}, 0.61), 1); // of what top-k left 0.5 is 0.625: enough
  EXPECT_EQ(token({.top_p = 0.6, .top_k = 2}, 0.99), 1);
}

TEST(TokenUniform, DependsOnEachOfItsKeys) {
  const std::set<double> different{token_uniform(1, 2, 3), token_uniform(2, 2, 3), token_uniform(1, 3, 3),
                                   token_uniform(1, 2, 4), token_uniform(2, 1, 3)};
  EXPECT_EQ(different.size(), 5U);
  EXPECT_EQ(token_uniform(1, 2, 3), token_uniform(1, 2, 3));
  double sum = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    sum += token_uniform(5, 0, i);
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.012); // four standard errors of 0.0029
}

} // namespace
} // namespace troupe::gpu
