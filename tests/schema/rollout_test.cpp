// SPDX-License-Identifier: Apache-2.0
#include "schema/rollout.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace troupe {
namespace {

TEST(PromptText, IsTheTextOrTheMessagesOneALine) {
  EXPECT_EQ(prompt_text({.text = "1+1="}), "1+1=");
  EXPECT_EQ(prompt_text({.messages = {{"system", "be brief"}, {"user", "1+1="}}}), "be brief\n1+1=");
}

TEST(Names, AValueThatNoEnumerationHasIsAnError) {
  EXPECT_THROW(to_string(static_cast<split>(3)), std::out_of_range);
  EXPECT_THROW(to_string(static_cast<finish_reason>(3)), std::out_of_range);
  EXPECT_THROW(to_string(static_cast<verdict_kind>(4)), std::out_of_range);
  EXPECT_THROW(to_string(static_cast<group_state>(10)), std::out_of_range);
  EXPECT_THROW(to_string(static_cast<drop_reason>(9)), std::out_of_range);
}

} // namespace
} // namespace troupe
