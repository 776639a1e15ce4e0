// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/rollout/losses.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

namespace troupe::rollout {
namespace {

// 3 sequences, 10 counted tokens in all, 4 of them in this one; answers have 16 tokens at most.
constexpr loss_place here{.sequences = 3, .tokens = 10, .sequence_tokens = 4, .max_completion_length = 16};

TEST(Losses, WeighATokenAsTheirPapersSay) {
  EXPECT_DOUBLE_EQ(share_dapo(here), 1.0 / 10);
  EXPECT_DOUBLE_EQ(share_dr_grpo(here), 1.0 / 48);
  EXPECT_DOUBLE_EQ(share_grpo(here), 1.0 / 12);
}

TEST(Losses, AreFoundByTheirNames) {
  for (const auto& one : losses()) {
    EXPECT_EQ(loss_named(one.name).share, one.share) << one.name;
  }
  EXPECT_EQ(loss_named("dapo").share, &share_dapo);
  EXPECT_EQ(loss_named("dr_grpo").share, &share_dr_grpo);
  EXPECT_EQ(loss_named("grpo").share, &share_grpo);
  EXPECT_TRUE(std::is_sorted(losses().begin(), losses().end(),
                             [](const loss_kind& a, const loss_kind& b) { return a.name < b.name; }));
}

TEST(Losses, RefuseAnUnknownNameWithThoseThereAre) {
  try {
    loss_named("dpo");
    FAIL() << "it was accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    std::string names;
    for (const auto& one : losses()) {
      names += (names.empty() ? "" : ", ") + std::string{one.name};
    }
    EXPECT_EQ(e.what(), "no loss is called dpo; there are " + names);
  }
}

} // namespace
} // namespace troupe::rollout
