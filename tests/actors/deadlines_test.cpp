// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

TEST(Deadlines, AStallIsLongerWhereOnesOwnVerifierMayTakeItsTime) {
  const config::recipe r;
  config::stage_spec stage;
  stage.num_generations = 8;
  stage.rewards = {{.name = "exact", .verifier = "exact"}};
  EXPECT_EQ(deadline::stall_of(r, stage), std::chrono::seconds{300});
  stage.rewards.push_back({.name = "mine", .command = {"judge"}, .timeout_s = 10});
  stage.rewards.push_back({.name = "ours", .url = "http://localhost/", .timeout_s = 0.25});
  EXPECT_EQ(deadline::stall_of(r, stage), std::chrono::seconds{382}); // 300 + 8 * 10.25
  EXPECT_EQ(deadline::stall_of({.stall_s = 7200}, stage), std::chrono::seconds{7282});
  stage.type = config::stage_type::eval;
  stage.num_samples = 2;
  EXPECT_EQ(deadline::stall_of(r, stage), std::chrono::seconds{321}); // 300 + 2 * 10.25
}

TEST(Deadlines, OneStepMayTakeAsLongAsTheRunMayStandStill) {
  EXPECT_EQ(deadline::step_of({}), std::chrono::minutes{30});
  EXPECT_EQ(deadline::step_of({.stall_s = 7200}), std::chrono::hours{2});
}

TEST(Deadlines, AShortLeaseIsRenewedWithinItsTime) {
  EXPECT_EQ(deadline::renewal_of({.lease_s = 60}), std::chrono::seconds{10});
  EXPECT_EQ(deadline::renewal_of({.lease_s = 0.3}), std::chrono::milliseconds{100});
}

} // namespace
} // namespace troupe::actors
