// SPDX-License-Identifier: Apache-2.0
#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(Error, ExitStatusesAreTheContract) {
  EXPECT_EQ(exit_status(errc::failed), 1);
  EXPECT_EQ(exit_status(errc::invalid), 2);
  EXPECT_EQ(exit_status(errc::not_found), 3);
  EXPECT_EQ(exit_status(errc::unavailable), 4);
  EXPECT_EQ(exit_status(errc::corrupt), 5);
  EXPECT_EQ(exit_status(errc::resource_exhausted), 1);
  EXPECT_EQ(exit_status(errc::fenced), 1);
  EXPECT_EQ(exit_status(errc::conflict), 1);
  EXPECT_EQ(stopped_status, 130);
}

TEST(Error, NumbersTravelAndNeverChange) {
  EXPECT_EQ(static_cast<int>(errc::failed), 1);
  EXPECT_EQ(static_cast<int>(errc::conflict), 8);
  EXPECT_EQ(to_string(errc::resource_exhausted), "resource_exhausted");
  const error e{errc::corrupt, "sample 1t0/2: the checksum does not hold"};
  EXPECT_EQ(e.code(), errc::corrupt);
  EXPECT_STREQ(e.what(), "sample 1t0/2: the checksum does not hold");
}

TEST(Error, ANumberFromOutsideMayNameNoKind) {
  EXPECT_TRUE(errc_of(1) == errc::failed);
  EXPECT_TRUE(errc_of(8) == errc::conflict);
  for (const int number : {-1, 0, 9, 257}) { // 257 is 1 in the byte of an errc
    EXPECT_FALSE(errc_of(number)) << number;
  }
}

TEST(CheckDeathTest, PrintsItsOperandsAlsoInReleaseBuilds) {
  const int begin = 3;
  const int end = 2;
  EXPECT_DEATH(TROUPE_CHECK(begin <= end, "begin ", begin, " end ", end), "begin <= end does not hold. begin 3 end 2");
  TROUPE_CHECK(end <= begin);
}

} // namespace
} // namespace troupe
