// SPDX-License-Identifier: Apache-2.0
#include "schema/rollout.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(PromptText, IsTheTextOrTheMessagesOneALine) {
  EXPECT_EQ(prompt_text({.text = "1+1="}), "1+1=");
  EXPECT_EQ(prompt_text({.messages = {{"system", "be brief"}, {"user", "1+1="}}}), "be brief\n1+1=");
}

} // namespace
} // namespace troupe
