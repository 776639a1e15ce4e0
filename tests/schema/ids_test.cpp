// SPDX-License-Identifier: Apache-2.0
#include "schema/ids.hpp"
#include "schema/rollout.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(Ids, HaveAShortTextForm) {
  EXPECT_EQ(to_string(group_id{stage_index{1}, purpose::train, 42, 0}), "1t42");
  EXPECT_EQ(to_string(group_id{stage_index{0}, purpose::eval, 7, 2}), "0e7.2");
  EXPECT_EQ(to_string(sample_id{{stage_index{3}, purpose::collect, 0, 0}, 5}), "3c0/5");
  EXPECT_EQ(to_string(incarnation{1, 0xab}), "000000000000000100000000000000ab");
}

TEST(Ids, AreReadBack) {
  EXPECT_EQ(parse_group_id("1t42.1"), (group_id{stage_index{1}, purpose::train, 42, 1}));
  EXPECT_EQ(parse_sample_id("3c0/5"), (sample_id{{stage_index{3}, purpose::collect, 0, 0}, 5}));
}

TEST(Ids, NothingElseIsAnId) {
  for (const char* text : {"", "1", "1t", "t42", "1x42", "1t42.", "1t42/", "1t42/3 ", " 1t42", "1t-4", "1t42/x",
                           "1t99999999999999999999"}) {
    EXPECT_FALSE(parse_sample_id(text)) << text;
    EXPECT_FALSE(parse_group_id(text)) << text;
  }
  EXPECT_FALSE(parse_group_id("1t42/3"));
  EXPECT_FALSE(parse_sample_id("1t42"));
}

TEST(Ids, ABatchSortsByStagePurposeAndCursor) {
  const group_id a{stage_index{0}, purpose::eval, 9, 0};
  const group_id b{stage_index{1}, purpose::train, 2, 0};
  const group_id c{stage_index{1}, purpose::train, 10, 0};
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
}

TEST(Names, AreTheFieldsWords) {
  EXPECT_EQ(to_string(group_state::verifying), "verifying");
  EXPECT_EQ(to_string(drop_reason::operator_request), "operator");
  EXPECT_EQ(to_string(verdict_kind::undecided), "undecided");
  EXPECT_EQ(to_string(finish_reason::length), "length");
  EXPECT_EQ(to_string(split::heldout), "heldout");
}

} // namespace
} // namespace troupe
