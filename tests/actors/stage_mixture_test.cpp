// SPDX-License-Identifier: Apache-2.0
#include "actors/stage_mixture.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {

TEST(StageMixture, ALimitBoundsProblemsOfATaskAndNotTheCursorOfADataset) {
  config::stage_spec stage;
  stage.data = {{.task = "addition", .weight = 2, .limit = 3}, {.dataset = "kept", .weight = 1, .limit = 3}};
  auto picks = mixture_of(stage);
  std::vector<std::uint64_t> problems, cursors;
  for (std::uint64_t cursor = 0; cursor < 15; ++cursor) {
    const auto pick = picks.at(cursor);
    (pick.part == 0 ? problems : cursors).push_back(pick.index);
  }
  EXPECT_EQ(problems, (std::vector<std::uint64_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(cursors, (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
}

} // namespace troupe::actors
