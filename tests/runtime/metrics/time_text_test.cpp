// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/time_text.hpp"

#include <gtest/gtest.h>

namespace troupe::metrics {
namespace {

TEST(TimeText, IsInUtcToTheMillisecond) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(1'700'000'000'007), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(time_text(1'709'164'800'000 - 1), "2024-02-28T23:59:59.999Z"); // and one more is the day that leaps
  EXPECT_EQ(time_text(1'709'164'800'000), "2024-02-29T00:00:00.000Z");
}

TEST(TimeText, OfNowIsLaterThanThisTest) {
  EXPECT_GT(time_text_now(), time_text(1'700'000'000'000));
}

} // namespace
} // namespace troupe::metrics
