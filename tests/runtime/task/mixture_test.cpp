// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/mixture.hpp"

#include <gtest/gtest.h>

namespace troupe::task {

TEST(Mixture, SpreadsPartsEvenly) {
  mixture m({{2}, {1}});
  // credits before each pick: (2,1) -> 0; (1,2) -> 1; (3,0) -> 0; then (2,1) again
  std::vector<std::pair<std::size_t, std::uint64_t>> picks;
  for (std::uint64_t cursor = 0; cursor < 6; ++cursor) {
    const auto pick = m.at(cursor);
    picks.emplace_back(pick.part, pick.index);
  }
  EXPECT_EQ(picks,
            (std::vector<std::pair<std::size_t, std::uint64_t>>{{0, 0}, {1, 0}, {0, 1}, {0, 2}, {1, 1}, {0, 3}}));
}

TEST(Mixture, IsAFunctionOfTheCursorAlone) {
  mixture forward({{3}, {2}, {1, 4}});
  mixture jumping({{3}, {2}, {1, 4}});
  std::vector<std::pair<std::size_t, std::uint64_t>> picks;
  for (std::uint64_t cursor = 0; cursor < 30; ++cursor) {
    const auto pick = forward.at(cursor);
    picks.emplace_back(pick.part, pick.index);
  }
  for (const std::uint64_t cursor : {29u, 3u, 3u, 17u, 0u}) {
    const auto pick = jumping.at(cursor);
    EXPECT_EQ((std::pair(pick.part, pick.index)), picks[cursor]) << cursor;
  }
}

TEST(Mixture, ASourceWithALimitComesRoundAgain) {
  mixture m({{1, 3}, {1}});
  std::vector<std::uint64_t> limited, unlimited;
  for (std::uint64_t cursor = 0; cursor < 10; ++cursor) {
    const auto pick = m.at(cursor);
    (pick.part == 0 ? limited : unlimited).push_back(pick.index);
  }
  EXPECT_EQ(limited, (std::vector<std::uint64_t>{0, 1, 2, 0, 1}));
  EXPECT_EQ(unlimited, (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
}

} // namespace troupe::task
