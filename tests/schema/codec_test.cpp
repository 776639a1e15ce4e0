// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"

#include <gtest/gtest.h>
#include <random>

namespace troupe {
namespace {

sample some_sample() {
  return {.index = 3,
          .tokens = {5, 6, 7},
          .logprobs = {-0.5F, -1.0F, -0.25F},
          .loss_mask = {1, 1, 0},
          .segments = {{segment_source::policy, 0, 2, policy_version{4}},
                       {segment_source::policy, 2, 3, policy_version{5}}},
          .finish = finish_reason::length,
          .text = "<think>"};
}

group some_group() {
  group g{.id = {stage_index{2}, purpose::collect, 77, 1},
          .state = group_state::verifying,
          .task = "addition",
          .prompt_index = 12,
          .sampling_seed = 0xfedcba9876543210,
          .issued_at = policy_version{3},
          .pinned = policy_version{0},
          .evaluation = 2,
          .outstanding_parts = 1,
          .lease = lease_id{9}};
  g.members.push_back({.submitted = true, .num_tokens = 3, .oldest = policy_version{4}, .reward = 1.1, .checksum = 42});
  g.history.push_back({group_state::queued, 1700000000000, "generator-0"});
  return g;
}

template <class T>
void expect_round_trip(const T& value) {
  EXPECT_EQ(decode<T>(encode(value)), value);
}

TEST(Codec, EveryRecordComesBackAsItWas) {
  expect_round_trip(some_sample());
  expect_round_trip(some_group());
  expect_round_trip(prompt{.task = "t",
                           .from = split::heldout,
                           .index = 8,
                           .text = "1+1=",
                           .messages = {{"user", "hi"}},
                           .answer = "2",
                           .metadata = "{}"});
  expect_round_trip(judgement{
      .verdict = verdict_kind::undecided, .reward = 0.5, .parts = {{"exact", 1, 0.5, verdict_kind::correct, "equal"}}});
  expect_round_trip(step_record{.stage = stage_index{1},
                                .version = policy_version{9},
                                .branch = 2,
                                .groups = {{stage_index{1}, purpose::train, 4, 0}},
                                .data_cursor = 5,
                                .random_state = 6,
                                .skipped = true,
                                .metrics = "{}"});
  expect_round_trip(checkpoint_record{.stage = stage_index{1},
                                      .version = policy_version{20},
                                      .folder = "a/b",
                                      .manifest_hash = 99,
                                      .validation = 0.75});
  expect_round_trip(stage_record{.stage = stage_index{3},
                                 .name = "sft",
                                 .status = stage_status::finished,
                                 .start_checkpoint = "c",
                                 .note = "done"});
  expect_round_trip(dataset_record{.index = 1,
                                   .source = sample_id{{stage_index{4}, purpose::collect, 2, 0}, 3},
                                   .task = "t",
                                   .prompt = "p",
                                   .completion = "c",
                                   .answer = "a",
                                   .reward = 1.1});
  expect_round_trip(dataset_record{.index = 2, .prompt = "of another store"});
  expect_round_trip(dataset_manifest{.name = "d",
                                     .version = 2,
                                     .records = 10,
                                     .verifiers = {"exact/1"},
                                     .filter = "f",
                                     .seed = 3,
                                     .parents = {"p@1"},
                                     .considered = 40});
}

TEST(Codec, RecordsOfNothingComeBackEmpty) {
  expect_round_trip(sample{});
  expect_round_trip(group{});
  expect_round_trip(prompt{});
  expect_round_trip(judgement{});
  expect_round_trip(step_record{}); // as of an sft step: without groups
  expect_round_trip(dataset_record{});
  expect_round_trip(dataset_manifest{});
}

TEST(Codec, ArraysThatDisagreeAreRefused) {
  auto s = some_sample();
  s.logprobs.pop_back();
  EXPECT_THROW(decode<sample>(encode(s)), codec_error);
  s = some_sample();
  s.segments.back().end = 2;
  EXPECT_THROW(decode<sample>(encode(s)), codec_error);
}

TEST(Codec, EveryTruncationIsRefused) {
  const std::string whole = encode(some_group());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_THROW(decode<group>(whole.substr(0, n)), codec_error) << n;
  }
  EXPECT_THROW(decode<group>(whole + std::string(8, '\0')), codec_error);
}

TEST(Codec, FlippedBitsNeverCrash) {
  std::minstd_rand random{1};
  const std::string whole = encode(some_sample());
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] ^= static_cast<char>(1U << (random() % 8));
    try {
      decode<sample>(damaged);
    } catch (const codec_error&) { // refused is as good as harmless
    }
  }
}

TEST(Codec, UnalignedBytesAreRead) {
  const std::string shifted = "x" + encode(some_sample());
  EXPECT_EQ(decode<sample>(std::string_view{shifted}.substr(1)), some_sample());
}

TEST(Ids, TextGoesBothWays) {
  const group_id id{stage_index{1}, purpose::train, 42, 0};
  EXPECT_EQ(to_string(id), "1t42");
  EXPECT_EQ(parse_group_id("1t42"), id);
  EXPECT_EQ(to_string(sample_id{{stage_index{3}, purpose::eval, 7, 2}, 5}), "3e7.2/5");
  EXPECT_EQ(parse_sample_id("3e7.2/5"), (sample_id{{stage_index{3}, purpose::eval, 7, 2}, 5}));
  for (const char* bad : {"", "1", "t4", "1x4", "1t", "1t4/", "1t4.x", "1t4 "}) {
    EXPECT_FALSE(parse_group_id(bad).has_value()) << bad;
  }
}

} // namespace
} // namespace troupe
