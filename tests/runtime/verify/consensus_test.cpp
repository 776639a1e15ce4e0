// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/consensus.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace troupe::verify {
namespace {

constexpr auto yes = verdict_kind::correct;
constexpr auto no = verdict_kind::incorrect;

bool right(const std::vector<std::string>& completions, const std::vector<verdict_kind>& verdicts) {
  return consensus_right(completions, verdicts);
}

TEST(Consensus, BlanksAndWhatFollowsSplitNoVotes) {
  EXPECT_TRUE(right({"<answer>8</answer>", "<answer>8</answer>", "<answer>7</answer>", "<answer> 7\n</answer>",
                     "<answer>7</answer> is it"},
                    {no, no, yes, yes, yes})); // 3 for 7, 2 for 8
}

TEST(Consensus, CompletionsWithoutAnAnswerVoteTogether) {
  EXPECT_FALSE(right({"no idea", "<answer>7", "<answer>7</answer>"}, {no, no, yes}));
  EXPECT_TRUE(right({"no idea", "<answer></answer>", "<answer></answer>"}, {no, yes, yes})) << "an empty one is one";
}

TEST(Consensus, OfAnswersWithAsManyVotesTheFirstByItsTextCounts) {
  EXPECT_TRUE(right({"<answer>7</answer>", "<answer>8</answer>"}, {yes, no}));
  EXPECT_FALSE(right({"<answer>8</answer>", "<answer>7</answer>"}, {yes, no}));
  EXPECT_FALSE(right({}, {}));
}

} // namespace
} // namespace troupe::verify
