// SPDX-License-Identifier: Apache-2.0
#include "actors/activity.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

using kind = activity::kind;

/// Lets the meter's clock, which has nanoseconds, move on.
void let_time_pass() {
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() == began) {
  }
}

TEST(Activity, IdleTimeCountsForNobody) {
  activity meter;
  let_time_pass();
  const auto sum = meter.total();
  EXPECT_EQ(sum.generating, 0);
  EXPECT_EQ(sum.training, 0);
  EXPECT_EQ(sum.both, 0);
}

TEST(Activity, TimeAloneIsNoTimeTogether) {
  activity meter;
  {
    activity::scope busy{meter, kind::generating};
    let_time_pass();
  }
  {
    activity::scope busy{meter, kind::training};
    let_time_pass();
  }
  const auto sum = meter.total();
  EXPECT_GT(sum.generating, 0);
  EXPECT_GT(sum.training, 0);
  EXPECT_EQ(sum.both, 0);
}

TEST(Activity, TimeTogetherIsPartOfBoth) {
  activity meter;
  {
    activity::scope one{meter, kind::generating};
    let_time_pass();
    activity::scope two{meter, kind::training};
    let_time_pass();
  }
  const auto sum = meter.total();
  EXPECT_GT(sum.both, 0);
  EXPECT_GT(sum.generating, sum.both);
  EXPECT_LE(sum.both, sum.training);
}

TEST(Activity, TwoGeneratorsAreBusyUntilTheLastOneEnds) {
  activity meter;
  activity::scope outer{meter, kind::generating};
  { activity::scope inner{meter, kind::generating}; }
  const double before = meter.total().generating;
  let_time_pass();
  EXPECT_GT(meter.total().generating, before);
}

TEST(Activity, TokensAddUp) {
  activity meter;
  meter.add_tokens(3);
  meter.add_tokens(4);
  EXPECT_EQ(meter.total().tokens, 7u);
}

} // namespace
} // namespace troupe::actors
