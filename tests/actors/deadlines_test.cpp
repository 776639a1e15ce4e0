// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

TEST(Deadlines, AStallIsLongerWhereOnesOwnVerifierMayTakeItsTime) {
  config::stage_spec stage;
  stage.num_generations = 8;
  stage.rewards = {{.name = "exact", .verifier = "exact"}};
  EXPECT_EQ(deadline::stall_of(stage), std::chrono::seconds{300});
  stage.rewards.push_back({.name = "mine", .command = {"judge"}, .timeout_s = 10});
  stage.rewards.push_back({.name = "ours", .url = "http://localhost/", .timeout_s = 0.25});
  EXPECT_EQ(deadline::stall_of(stage), std::chrono::seconds{382}); // 300 + 8 * 10.25
}

} // namespace
} // namespace troupe::actors
