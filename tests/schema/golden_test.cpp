// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "tests/schema/examples.hpp"
#include "tests/schema/golden.hpp"

#include <gtest/gtest.h>

/// What earlier versions wrote must be read for ever, and what is written must not change unseen.
namespace troupe {
namespace {

using namespace examples;

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
  }
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

template <class T>
void expect_golden(const T& value, std::string_view hex) {
  EXPECT_TRUE(decode<T>(bytes_of(hex)) == value) << "old bytes are read as something else";
  EXPECT_EQ(hex_of(encode(value)), hex) << "the encoding has changed";
}

TEST(Golden, EveryKindOfRecordIsReadAndWrittenAsEver) {
  expect_golden(a_prompt(), golden::prompt);
  expect_golden(a_sample(), golden::sample);
  expect_golden(a_judgement(), golden::judgement);
  expect_golden(a_group(), golden::group);
  expect_golden(a_step(), golden::step);
  expect_golden(a_checkpoint(), golden::checkpoint);
  expect_golden(a_stage(), golden::stage);
  expect_golden(a_record(), golden::record);
  expect_golden(a_manifest(), golden::manifest);
}

TEST(Golden, AGroupOfAQueueFromBeforeReplayTablesIsStillRead) {
  auto queued = a_group();
  queued.uses = 0;
  queued.max_reuse = 1;
  queued.forgotten_ms = 0;
  queued.payload_bytes = 0;
  EXPECT_TRUE(decode<group>(bytes_of(golden::group_without_reuse)) == queued);
}

TEST(Golden, AGroupFromBeforeRetentionIsNotForgotten) {
  auto kept = a_group();
  kept.forgotten_ms = 0;
  kept.payload_bytes = 0;
  EXPECT_TRUE(decode<group>(bytes_of(golden::group_without_retention)) == kept);
}

TEST(Golden, ACheckpointThatWasMarkedBestIsStillRead) {
  EXPECT_TRUE(decode<checkpoint_record>(bytes_of(golden::checkpoint_marked_best)) == a_checkpoint());
}

} // namespace
} // namespace troupe
