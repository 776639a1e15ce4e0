// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/display_text.hpp"

#include <gmock/gmock.h>

namespace troupe::metrics {
namespace {

using testing::ElementsAre;

progress half_way() {
  return {.stage = "reasoning_rl",
          .stage_number = 2,
          .stage_count = 7,
          .step = 30,
          .max_steps = 60,
          .loss = 0.0123,
          .reward = 0.7344,
          .validation = 0.5,
          .heldout = 0.28,
          .staleness = 1.0,
          .tokens_per_second = 21340,
          .seconds_left = 72};
}

TEST(Display, WideBlockHasThreeLines) {
  // 60 characters of bar, half of them done.
  EXPECT_THAT(
      block_lines(half_way(), {.width = 100}),
      ElementsAre("reasoning_rl  stage 2/7  step 30/60  left 1m12s",
                  std::string(30, '#') + std::string(30, '-') + "  50%",
                  "reward 0.734  loss 0.0123  validation 0.500  held-out 0.280  staleness 1.00  tokens/s 21.3k"));
}

TEST(Display, NarrowBlockWrapsAndNeverExceedsTheWidth) {
  EXPECT_THAT(block_lines(half_way(), {.width = 25}),
              ElementsAre("reasoning_rl  stage 2/7", "step 30/60  left 1m12s", std::string(10, '#') + "----------  50%",
                          "reward 0.734  loss 0.0123", "validation 0.500", "held-out 0.280", "staleness 1.00",
                          "tokens/s 21.3k"));
  for (unsigned width = 1; width < 120; ++width) {
    for (const auto& line : block_lines(half_way(), {.width = width})) {
      EXPECT_LE(line.size(), std::max(width, 5U)) << line; // 5: the bar's percentage is always there
    }
  }
}

TEST(Display, ColourOnlyWhenAskedFor) {
  for (const auto& line : block_lines(half_way(), {.width = 80})) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
  EXPECT_THAT(block_lines(half_way(), {.width = 80, .colour = true})[0],
              testing::HasSubstr("\x1b[1mreasoning_rl\x1b[0m"));
}

TEST(Display, UnknownFiguresAreLeftOut) {
  EXPECT_THAT(block_lines({.stage = "eval", .stage_number = 3, .stage_count = 7}, {.width = 80}),
              ElementsAre("eval  stage 3/7"));
  EXPECT_EQ(plain_line({.stage = "eval", .stage_number = 3, .stage_count = 7}), "eval stage 3/7");
}

TEST(Display, PlainLineHasEverything) {
  EXPECT_EQ(plain_line(half_way()),
            "reasoning_rl stage 2/7 step 30/60 reward 0.734 loss 0.0123 validation 0.500 held-out "
            "0.280 staleness 1.00 tokens/s 21340 left 1m12s");
}

TEST(Display, DurationsAreShort) {
  EXPECT_EQ(duration_text(0.4), "0s");
  EXPECT_EQ(duration_text(59.4), "59s");
  EXPECT_EQ(duration_text(185), "3m05s");
  EXPECT_EQ(duration_text(7620), "2h07m");
}

} // namespace
} // namespace troupe::metrics
