// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/histogram.hpp"

#include <gtest/gtest.h>

namespace troupe::ctl {
namespace {

std::vector<std::uint64_t> counts(const std::vector<bin>& bins) {
  std::vector<std::uint64_t> all;
  for (const auto& b : bins) {
    all.push_back(b.count);
  }
  return all;
}

TEST(Histogram, BinsAreDecimalNumbersThatCoverEverything) {
  const auto bins = bins_of({0, 0.1, 0.29, 0.3, 0.7, 1.1}, 6, false); // (1.1 - 0) / 6 = 0.18: width 0.2
  ASSERT_EQ(bins.size(), 6U);
  EXPECT_EQ(bins[0].from, 0);
  EXPECT_EQ(bins[3].from, 0.6) << "not 0.6000000000000001";
  EXPECT_EQ(bins[5].to, 1.2);
  EXPECT_EQ(counts(bins), (std::vector<std::uint64_t>{2, 2, 0, 1, 0, 1}));
}

TEST(Histogram, AnEdgeBelongsToTheBinAboveItAndTheLastEdgeToTheLastBin) {
  std::vector<double> tenths;
  for (int i = 0; i <= 10; ++i) {
    tenths.push_back(i / 10.0); // 0.3 / 0.1 and 0.7 / 0.1 are a rounding error below 3 and 7
  }
  EXPECT_EQ(counts(bins_of(tenths, 10, false)), (std::vector<std::uint64_t>{1, 1, 1, 1, 1, 1, 1, 1, 1, 2}));
}

TEST(Histogram, FewWholeNumbersHaveABinEach) {
  const auto bins = bins_of({3, 5, 5}, 3, true);
  EXPECT_EQ(counts(bins), (std::vector<std::uint64_t>{1, 0, 2}));
  EXPECT_EQ(bins[0].from, 3);
  EXPECT_EQ(bins[0].to, 3);
}

TEST(Histogram, ManyWholeNumbersHaveBinsOfWholeWidth) {
  const auto bins = bins_of({0, 24, 25, 49, 99}, 4, true);
  ASSERT_EQ(bins.size(), 4U); // width 25
  EXPECT_EQ(bins[1].from, 25);
  EXPECT_EQ(counts(bins), (std::vector<std::uint64_t>{2, 2, 0, 1}));
  EXPECT_EQ(bins_of({0, 1, 2, 3, 4, 5}, 3, true)[1].from, 2) << "never a width of 2.5";
}

TEST(Histogram, NegativeAndTinyAndEqualValues) {
  const auto around_zero = bins_of({-1.5, -0.5, 0.5}, 3, false);
  EXPECT_EQ(around_zero.front().from, -2);
  EXPECT_EQ(counts(around_zero), (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_EQ(counts(bins_of({1e-9, 2e-9}, 5, false)).size(), 5U);
  EXPECT_EQ(counts(bins_of({0.25, 0.25}, 5, false)), std::vector<std::uint64_t>{2});
  EXPECT_TRUE(bins_of({}, 5, false).empty());
  EXPECT_EQ(counts(bins_of({-1, 1000}, 2, false)), (std::vector<std::uint64_t>{1, 1}));
}

TEST(Histogram, BarsAreDrawnInEighths) {
  EXPECT_EQ(bar(1, 3), "███");
  EXPECT_EQ(bar(0.5, 3), "█▌");    // 12 eighths
  EXPECT_EQ(bar(0.0001, 10), "▏"); // there is something
  EXPECT_EQ(bar(0, 10), "");
}

} // namespace
} // namespace troupe::ctl
