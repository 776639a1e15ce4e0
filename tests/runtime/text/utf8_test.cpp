// SPDX-License-Identifier: Apache-2.0
#include "runtime/text/utf8.hpp"

#include <gtest/gtest.h>

namespace troupe::text {

TEST(Utf8, KnowsTheLengthOfACharacter) {
  EXPECT_EQ(character_length("a"), 1u);
  EXPECT_EQ(character_length("ü"), 2u);
  EXPECT_EQ(character_length("€x"), 3u);
  EXPECT_EQ(character_length("\xf0\x9f\x98\x80"), 4u);
}

TEST(Utf8, RefusesWhatIsNone) {
  EXPECT_EQ(character_length(""), 0u);
  EXPECT_EQ(character_length("\x80"), 0u);             // continuation first
  EXPECT_EQ(character_length("\xc3"), 0u);             // cut off
  EXPECT_EQ(character_length("\xc0\x80"), 0u);         // overlong
  EXPECT_EQ(character_length("\xed\xa0\x80"), 0u);     // surrogate
  EXPECT_EQ(character_length("\xf4\x90\x80\x80"), 0u); // above U+10FFFF
}

TEST(Utf8, NamesCharacters) {
  EXPECT_EQ(name_of_character("+"), "'+' (U+002B)");
  EXPECT_EQ(name_of_character("\n"), "U+000A");
}

} // namespace troupe::text
