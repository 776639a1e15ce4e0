// SPDX-License-Identifier: Apache-2.0
#include "actors/control_calls.hpp"
#include "actors/learner_calls.hpp"
#include "schema/codec.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

TEST(ControlCalls, WhatAMemberSaysComesBackAsItWasSaid) {
  const cluster::joiner who{.speaks = 3,
                            .pid = 4711,
                            .host = "node-7",
                            .program = "0.1.0",
                            .recipe = "00ff",
                            .http = "127.0.0.1:1",
                            .admin = "https://127.0.0.1:2"};
  const auto joined = decode_call<cluster::joiner>(encode(who));
  EXPECT_EQ(joined.speaks, 3U);
  EXPECT_EQ(joined.pid, 4711U);
  EXPECT_EQ(joined.host + joined.program + joined.recipe + joined.http + joined.admin,
            who.host + who.program + who.recipe + who.http + who.admin);
  const cluster::sign_of_life said{.doing = "sampling",
                                   .doing_for = std::chrono::milliseconds{12},
                                   .waits_for = "learner",
                                   .version = policy_version{5},
                                   .leases = 2,
                                   .busy_us = 77,
                                   .tokens = 1000,
                                   .unanswered_by = "buffer",
                                   .unanswered_for = std::chrono::milliseconds{9000},
                                   .draining = true};
  const auto heard = decode_call<cluster::sign_of_life>(encode(said));
  EXPECT_EQ(heard.doing + heard.waits_for + heard.unanswered_by, "samplinglearnerbuffer");
  EXPECT_EQ(heard.doing_for.count(), 12);
  EXPECT_EQ(heard.unanswered_for.count(), 9000);
  EXPECT_EQ(heard.version.value + heard.leases + heard.busy_us + heard.tokens, 5U + 2 + 77 + 1000);
  EXPECT_TRUE(heard.draining);
  const auto told = decode_call<cluster::instruction>(encode(cluster::instruction{cluster::order::drain, "x", true}));
  EXPECT_EQ(told.what, cluster::order::drain);
  EXPECT_EQ(told.why, "x");
  EXPECT_TRUE(told.refused);
  EXPECT_EQ(decode_call<leave_request>(encode(leave_request{"bye"})).why, "bye");
}

TEST(ControlCalls, BytesThatAreNoCallAreRefused) {
  for (const std::string& bytes :
       {std::string{}, std::string(8, '\xff'), std::string(4096, '\x01'), encode(leave_request{"bye"}).substr(8)}) {
    EXPECT_THROW(decode_call<cluster::joiner>(bytes), codec_error);
    EXPECT_THROW(decode_call<cluster::sign_of_life>(bytes), codec_error);
    EXPECT_THROW(decode_call<load_stage_request>(bytes), codec_error);
  }
}

TEST(ControlCalls, AnOrderThatNobodyKnowsIsRefused) {
  EXPECT_THROW(
      decode_call<cluster::instruction>(encode(cluster::instruction{static_cast<cluster::order>(9), "", false})),
      codec_error);
}

TEST(ControlCalls, EachRoleMayAskWhatIsItsOwn) {
  for (const auto who : {wire::role::buffer, wire::role::learner, wire::role::generator, wire::role::verifier}) {
    EXPECT_TRUE(may_join(who, static_cast<std::uint16_t>(control_call::join)));
    EXPECT_FALSE(may_train(who, static_cast<std::uint16_t>(learner_call::step)));
  }
  EXPECT_TRUE(may_train(wire::role::controller, static_cast<std::uint16_t>(learner_call::step)));
  for (const auto who : {wire::role::admin_read, wire::role::admin_operate, wire::role::controller}) {
    EXPECT_FALSE(may_join(who, static_cast<std::uint16_t>(control_call::join)));
  }
  EXPECT_FALSE(may_join(wire::role::generator, 199));
  EXPECT_FALSE(may_join(wire::role::generator, 203));
  EXPECT_FALSE(may_train(wire::role::controller, 305));
}

TEST(LearnerCalls, RequestsAndRepliesComeBackAsTheyWere) {
  const load_stage_request load{.stage = stage_index{2},
                                .folder = "checkpoints/rl/step-000004",
                                .with_optimizer = true,
                                .version = policy_version{4},
                                .branch = 1,
                                .learner = epoch{9}};
  const auto loaded = decode_call<load_stage_request>(encode(load));
  EXPECT_EQ(loaded.stage, load.stage);
  EXPECT_EQ(loaded.folder, load.folder);
  EXPECT_TRUE(loaded.with_optimizer);
  EXPECT_EQ(loaded.version, load.version);
  EXPECT_EQ(loaded.branch, 1U);
  EXPECT_EQ(loaded.learner, load.learner);
  const auto pin = decode_call<pin_request>(encode(pin_request{stage_index{1}, policy_version{7}, false}));
  EXPECT_EQ(pin.stage.value, 1U);
  EXPECT_EQ(pin.version.value, 7U);
  EXPECT_FALSE(pin.keep);
  EXPECT_EQ(decode_call<step_request>(encode(step_request{std::chrono::milliseconds{1500}})).patience.count(), 1500);
  const auto step = decode_call<step_reply>(
      encode(step_reply{.stepped = true, .waiting_for = "w", .version = policy_version{3}, .metrics = "{}"}));
  EXPECT_TRUE(step.stepped);
  EXPECT_EQ(step.waiting_for + step.metrics, "w{}");
  EXPECT_EQ(step.version.value, 3U);
  const checkpoint_record record{.stage = stage_index{1}, .version = policy_version{8}, .folder = "f"};
  EXPECT_EQ(
      *decode_call<checkpoint_reply>(encode(checkpoint_reply{std::make_shared<checkpoint_record>(record)})).written,
      record);
}

} // namespace
} // namespace troupe::actors
