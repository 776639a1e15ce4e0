// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/task/sources.hpp"

#include <gtest/gtest.h>

namespace troupe::task {
namespace {

/// Knows digits only.
class digits final : public text::tokenizer {
public:
  std::vector<std::int32_t> encode(std::string_view text, bool) const override {
    if (text.find_first_not_of("0123456789=") != std::string_view::npos) {
      throw error(errc::invalid, "no token");
    }
    return {};
  }
  std::string decode(std::span<const std::int32_t>, bool) const override { return {}; }
  std::uint32_t vocabulary_size() const override { return 11; }
  std::int32_t end_token() const override { return -1; }
  std::int32_t pad_token() const override { return -1; }
};

TEST(Alphabet, LeavesTagsOut) {
  EXPECT_EQ(characters_of("<think>ba<b</think><answer>ü</answer>"), "<abü");
}

TEST(Alphabet, TagsAreThoseOfADemonstrationInOrder) {
  const auto source = make_source({.name = "a", .kind = "addition", .validation_size = 1, .heldout_size = 1});
  const auto shown = source->at(split::train, 0).demonstration;
  EXPECT_EQ(tags(), (std::vector<std::string>{"<think>", "</think>", "<answer>", "</answer>"}));
  std::size_t at = 0;
  for (const auto& one : tags()) {
    at = shown.find(one, at);
    ASSERT_NE(at, std::string::npos) << one << " in " << shown;
  }
  EXPECT_EQ(at + tags().back().size(), shown.size());
}

TEST(Alphabet, IsThatOfAllTasks) {
  const std::vector<std::shared_ptr<const prompt_source>> both = {
      make_source({.name = "a", .kind = "addition", .validation_size = 1, .heldout_size = 1}),
      make_source({.name = "b", .kind = "reverse_text", .validation_size = 1, .heldout_size = 1})};
  EXPECT_EQ(alphabet(both), " +0123456789=abcdefghijklmnopqrstuvwxyz");
}

TEST(RequireCoverage, NamesTheTaskAndTheCharacter) {
  const auto source = make_source({.name = "a", .kind = "addition", .validation_size = 1, .heldout_size = 1});
  try {
    require_coverage(digits(), *source, "a");
    FAIL() << "no error";
  } catch (const error& refused) {
    EXPECT_STREQ(refused.what(), "task a: the tokenizer lacks ' ' (U+0020), which its prompts or answers use; use a "
                                 "model whose alphabet has it, or add it to model.alphabet");
  }
}

} // namespace
} // namespace troupe::task
