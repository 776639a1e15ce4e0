// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/store/acknowledged.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <gtest/gtest.h>
#include <rocksdb/env.h>

namespace troupe::store {
namespace {

class Acknowledged : public ::testing::Test {
protected:
  Acknowledged() { EXPECT_TRUE(disk_.env().CreateDirIfMissing("/s").ok()); }
  std::optional<std::uint64_t> read(const std::string& boot = "first") {
    return acknowledged_mark::read("/s", {&disk_.env(), boot});
  }
  volatile_disk disk_;
  storage on_{&disk_.env(), "first"};
};

TEST_F(Acknowledged, IsMadeWhereThereIsNone) {
  EXPECT_EQ(read(), std::nullopt);
  acknowledged_mark{"/s", on_, 12};
  EXPECT_EQ(read(), 12U);
  acknowledged_mark{"/s", on_, 99}; // one that is there is kept
  EXPECT_EQ(read(), 12U);
}

TEST_F(Acknowledged, ADiskNumberOutlivesAPowerCutAWalNumberDoesNot) {
  acknowledged_mark mark{"/s", on_, 1};
  mark.advance(durability::disk, 5);
  mark.advance(durability::wal, 8);
  mark.advance(durability::none, 10);
  EXPECT_EQ(read("first"), 8U);  // a killed process: the page is still there, and binds
  EXPECT_EQ(read("second"), 5U); // the page reached the disk, but the log's may not have: it does not bind
  disk_.cut_power();
  disk_.restore_power();
  EXPECT_EQ(read("first"), 5U);
}

TEST_F(Acknowledged, GoesOnWhereItWasLeft) {
  for (std::uint64_t n = 1; n < 8; ++n) {
    acknowledged_mark mark{"/s", on_, 0};
    mark.advance(n % 3 == 0 ? durability::wal : durability::disk, n);
    EXPECT_EQ(read(), n);
  }
}

TEST_F(Acknowledged, ATornWriteLeavesTheNumberBefore) {
  {
    acknowledged_mark mark{"/s", on_, 1};
    mark.advance(durability::disk, 2);
    mark.advance(durability::disk, 3);
  }
  const auto whole = disk_.files();
  for (std::size_t slot = 0; slot < 2; ++slot) {
    for (std::size_t byte = 0; byte < 40; ++byte) {
      auto torn = whole;
      torn["/s/ACKNOWLEDGED"][slot * 4096 + byte] ^= 1;
      disk_.load(torn);
      EXPECT_GE(read(), 2U) << slot << "/" << byte;
      EXPECT_LE(read(), 3U) << slot << "/" << byte;
    }
  }
}

TEST_F(Acknowledged, WithoutAnyGoodSlotItIsRefused) {
  acknowledged_mark{"/s", on_, 1};
  auto files = disk_.files();
  files["/s/ACKNOWLEDGED"][8] ^= 1;
  disk_.load(files);
  try {
    read();
    FAIL() << "a damaged mark was read";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::corrupt);
  }
}

} // namespace
} // namespace troupe::store
