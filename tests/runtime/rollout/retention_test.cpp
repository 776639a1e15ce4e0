// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/group_machine.hpp"
#include "runtime/rollout/payload_bytes.hpp"
#include "runtime/rollout/retention.hpp"

#include <gtest/gtest.h>

namespace troupe::rollout {
namespace {

constexpr stage_index stage{0};

/// A group of 100 bytes that ended at `ended_ms`.
group ended(std::uint64_t cursor, group_state how, std::int64_t ended_ms, purpose why = purpose::train) {
  group g{.id = {stage, why, cursor}, .state = how};
  g.history = {{group_state::queued, 0, ""}, {how, ended_ms, ""}};
  g.payload_bytes = 100;
  return g;
}
group trained(std::uint64_t cursor, std::uint64_t step, std::int64_t ended_ms) {
  auto g = ended(cursor, group_state::trained, ended_ms);
  g.trained_at = policy_version{step};
  return g;
}
group dropped(std::uint64_t cursor, drop_reason why, std::int64_t ended_ms) {
  auto g = ended(cursor, group_state::dropped, ended_ms);
  g.dropped = why;
  return g;
}
group scored(std::uint64_t cursor, std::uint64_t pinned, std::int64_t ended_ms) {
  auto g = ended(cursor, group_state::scored, ended_ms, purpose::eval);
  g.pinned = policy_version{pinned};
  return g;
}
stage_needs covered(std::uint64_t version, bool finished = false) {
  return {.finished = finished, .covered = policy_version{version}};
}
std::vector<checkpoint_record> checkpoints(std::initializer_list<std::uint64_t> versions) {
  std::vector<checkpoint_record> all;
  for (const auto v : versions) {
    all.push_back({.stage = stage, .version = policy_version{v}});
  }
  return all;
}
std::vector<std::uint64_t> cursors(const std::vector<group_id>& ids) {
  std::vector<std::uint64_t> all;
  for (const auto& id : ids) {
    all.push_back(id.cursor);
  }
  return all;
}
using these = std::vector<std::uint64_t>;

TEST(Retention, AnUnfinishedStageMayGoOnFromItsOldestCheckpointAndAFinishedOneIsItsLast) {
  EXPECT_EQ(needs_of(checkpoints({40, 20, 60}), false).covered, policy_version{20});
  EXPECT_EQ(needs_of(checkpoints({40, 20, 60}), true).covered, policy_version{60});
  EXPECT_EQ(needs_of({}, false).covered, std::nullopt);
}

TEST(Retention, OfSeveralStagesEachHasAnEndOfItsOwn) {
  const std::vector<stage_record> stages{{.stage = stage, .status = stage_status::finished},
                                         {.stage = stage_index{1}, .status = stage_status::running}};
  EXPECT_TRUE(is_finished(stages, stage));
  EXPECT_FALSE(is_finished(stages, stage_index{1}));
  EXPECT_FALSE(is_finished(stages, stage_index{2}));
}

TEST(Retention, KeepsWhatAStageMayReadAgain) {
  EXPECT_EQ(reason_to_keep(trained(0, 20, 1), covered(20)), "");
  EXPECT_EQ(reason_to_keep(trained(0, 21, 1), covered(20)),
            "step 21, which no checkpoint covers, may be trained on it again");
  EXPECT_NE(reason_to_keep(trained(0, 21, 1), covered(20, true)), "");
  EXPECT_NE(reason_to_keep(trained(0, 1, 1), {}), "");
  EXPECT_EQ(reason_to_keep(scored(0, 19, 1), covered(20)), "");
  EXPECT_EQ(reason_to_keep(scored(0, 20, 1), covered(20)), "its stage is not finished and may count it again");
  EXPECT_EQ(reason_to_keep(scored(0, 20, 1), covered(20, true)), "");
  EXPECT_NE(reason_to_keep(scored(0, 0, 1), {}), ""); // of a stage without steps
  EXPECT_EQ(reason_to_keep(scored(0, 0, 1), {.finished = true, .covered = {}}), "");
  EXPECT_EQ(reason_to_keep(dropped(0, drop_reason::stale, 1), {}), "");
  EXPECT_EQ(reason_to_keep(dropped(0, drop_reason::corrupt, 1), {}), "it was set aside as corrupt");
  EXPECT_EQ(reason_to_keep(dropped(0, drop_reason::operator_request, 1), {}), "it was set aside as operator");
  for (auto s = group_state::queued; s <= group_state::leased; s = static_cast<group_state>(static_cast<int>(s) + 1)) {
    EXPECT_EQ(reason_to_keep(ended(0, s, 1), covered(20, true)), "it is " + to_string(s));
  }
}

TEST(Retention, ByAgeForgetsWhatEndedLongerAgoThanTheLimitOldestFirst) {
  retention r{{.max_age_ms = 1000}};
  r.set_needs(stage, covered(9));
  r.note(trained(0, 2, 300));
  r.note(trained(1, 1, 200));
  r.note(dropped(2, drop_reason::stale, 400));
  EXPECT_EQ(cursors(r.due(1200, 10)), these{}); // 1200 - 200 = 1000 is not more
  EXPECT_EQ(cursors(r.due(1301, 10)), (these{1, 0}));
  EXPECT_EQ(cursors(r.due(1301, 10)), these{}); // told once
  EXPECT_EQ(cursors(r.due(1401, 10)), these{2});
}

TEST(Retention, BySizeForgetsTheOldestUntilTheRestFits) {
  retention r{{.max_bytes = 250}};
  r.set_needs(stage, covered(9));
  for (std::uint64_t cursor = 0; cursor < 4; ++cursor) {
    r.note(trained(cursor, 1, 100 + static_cast<std::int64_t>(cursor)));
  }
  EXPECT_EQ(cursors(r.due(1'000'000, 1)), these{0});  // 400, 300
  EXPECT_EQ(cursors(r.due(1'000'000, 10)), these{1}); // 200
  EXPECT_EQ(cursors(r.due(1'000'000, 10)), these{});
}

TEST(Retention, AStageMayHaveLimitsOfItsOwnBesideThoseForAll) {
  const stage_index other{1};
  const auto of_other = [&](std::uint64_t cursor, std::int64_t ended_ms) {
    auto g = trained(cursor, 1, ended_ms);
    g.id.stage = other;
    return g;
  };
  retention r{{.max_bytes = 450}, {{other, {.max_age_ms = 1000, .max_bytes = 150}}}};
  r.set_needs(stage, covered(9));
  r.set_needs(other, covered(9));
  for (std::uint64_t cursor = 0; cursor < 4; ++cursor) {
    r.note(trained(cursor, 1, 100 + static_cast<std::int64_t>(cursor)));
  }
  r.note(of_other(10, 500));
  EXPECT_EQ(cursors(r.due(600, 10)), these{0}); // 500 bytes in all; the other stage is within its own
  r.note(of_other(11, 501));
  EXPECT_EQ(cursors(r.due(600, 10)), (these{1, 10})); // the oldest of all, then the other stage's oldest
  EXPECT_EQ(cursors(r.due(1501, 10)), these{});
  EXPECT_EQ(cursors(r.due(1502, 10)), these{11}); // by the other stage's age
  EXPECT_EQ(cursors(r.due(1'000'000, 10)), these{});
}

TEST(Retention, NoLimitForgetsNothing) {
  retention r{{}};
  r.set_needs(stage, covered(9));
  r.note(trained(0, 1, 1));
  EXPECT_EQ(cursors(r.due(1'000'000'000, 10)), these{});
}

TEST(Retention, WhatMustStayCountsButIsNeverChosen) {
  retention r{{.max_age_ms = 1, .max_bytes = 1}};
  r.set_needs(stage, covered(4));
  r.refer(trained(0, 1, 1).id);
  r.note(trained(0, 1, 1)); // in a dataset
  r.note(dropped(1, drop_reason::corrupt, 1));
  r.note(dropped(2, drop_reason::operator_request, 1));
  r.note(trained(3, 5, 1));
  r.note(ended(4, group_state::ready, 1));
  r.note(scored(5, 4, 1));
  EXPECT_EQ(cursors(r.due(1'000'000, 100)), these{});
  auto forgotten = trained(6, 1, 1);
  forgotten.forgotten_ms = 2;
  r.note(forgotten);
  EXPECT_EQ(cursors(r.due(1'000'000, 100)), these{});
  r.note(trained(7, 1, 1));
  EXPECT_EQ(cursors(r.due(1'000'000, 100)), these{7});
}

TEST(Retention, AStepThatACheckpointComesToCoverIsFree) {
  retention r{{.max_age_ms = 1}};
  r.note(trained(0, 1, 1));
  r.note(trained(1, 2, 2));
  r.note(trained(2, 3, 3));
  r.note(scored(3, 2, 4));
  EXPECT_EQ(cursors(r.due(1000, 100)), these{}); // the stage has no checkpoint
  r.set_needs(stage, covered(2));
  EXPECT_EQ(cursors(r.due(1000, 100)), (these{0, 1}));
  r.set_needs(stage, covered(2, true)); // no evaluation of it will be asked for again; step 3 may be trained again
  EXPECT_EQ(cursors(r.due(1000, 100)), these{3});
  r.set_needs(stage, covered(3, true));
  EXPECT_EQ(cursors(r.due(1000, 100)), these{2});
}

TEST(Retention, OneStagesCheckpointFreesNothingOfAnother) {
  retention r{{.max_age_ms = 1}};
  r.note(trained(0, 1, 1));
  r.set_needs(stage_index{1}, covered(9, true));
  EXPECT_EQ(cursors(r.due(1000, 100)), these{});
}

TEST(Retention, OnlyAGroupAtItsEndTakesTheMarkAndOnlyOnce) {
  const auto marked = apply(trained(0, 1, 1), event::forget{}, 77);
  ASSERT_TRUE(marked);
  EXPECT_EQ(marked->forgotten_ms, 77);
  EXPECT_EQ(marked->state, group_state::trained);
  EXPECT_EQ(marked->history, trained(0, 1, 1).history);
  EXPECT_FALSE(apply(*marked, event::forget{}, 78));
  EXPECT_FALSE(apply(ended(0, group_state::ready, 1), event::forget{}, 77));
  EXPECT_FALSE(apply(dropped(0, drop_reason::corrupt, 1), event::forget{}, 77));
}

TEST(Retention, BytesAreCountedAsPayloadsComeAndReckonedWhereTheyWereNot) {
  const sample s{.tokens = {1, 2}, .segments = {{}}, .text = "ab"};
  EXPECT_EQ(payload_bytes(s), 116u);                                                       // 64 + 2 * 9 + 32 + 2
  EXPECT_EQ(payload_bytes(prompt{.task = "t", .messages = {{"user", "abc"}}}), 104u);      // 64 + 1 + 32 + 4 + 3
  EXPECT_EQ(payload_bytes(judgement{.parts = {{.name = "exact", .reason = "no"}}}), 103u); // 64 + 32 + 5 + 2
  group old;
  old.members = {{.submitted = true, .num_tokens = 10}, {}};
  EXPECT_EQ(payload_bytes(old), 322u); // 64 + 128 + 10 * 13
  old.payload_bytes = 5;
  EXPECT_EQ(payload_bytes(old), 5u);
}

} // namespace
} // namespace troupe::rollout
