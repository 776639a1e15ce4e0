// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/verify/rewards.hpp"

#include <gmock/gmock.h>

namespace troupe::verify {
namespace {

prompt asked(const std::string& task, const std::string& answer) {
  prompt p;
  p.task = task;
  p.answer = answer;
  return p;
}

TEST(Rewards, SumsWeightedPartsAndLetsDecidersDecide) {
  rewards both(
      {{"accuracy", {.verifier = "exact"}, 1.0, true, {}}, {"format", {.verifier = "format"}, 0.1, false, {}}});
  const auto p = asked("t", "7");
  const std::vector<question> questions = {{&p, "<think></think><answer>7</answer>", "a"},
                                           {&p, "<answer>7</answer>", "b"},
                                           {&p, "<think></think><answer>8</answer>", "c"}};
  const auto judged = both.judge_all(questions);
  ASSERT_EQ(judged.size(), 3u);
  EXPECT_DOUBLE_EQ(judged[0].reward, 1.1);
  EXPECT_DOUBLE_EQ(judged[1].reward, 1.0);
  EXPECT_DOUBLE_EQ(judged[2].reward, 0.1);
  EXPECT_EQ(judged[0].verdict, verdict_kind::correct);
  EXPECT_EQ(judged[1].verdict, verdict_kind::correct); // ill-formed, but format does not decide
  EXPECT_EQ(judged[2].verdict, verdict_kind::incorrect);
  EXPECT_EQ(judged[1].parts[1].verdict, verdict_kind::none);
  EXPECT_EQ(judged[1].parts[1].name, "format");
  EXPECT_EQ(both.names_and_versions(), (std::vector<std::string>{"exact/1", "format/1"}));
}

TEST(Rewards, APartOfAnotherTaskIsLeftOut) {
  rewards parts(
      {{"exact", {.verifier = "exact"}, 1.0, true, {"a"}}, {"format", {.verifier = "format"}, 0.5, true, {"b"}}});
  const auto a = asked("a", "7");
  const auto b = asked("b", "7");
  const std::vector<question> questions = {{&b, "<think></think><answer>8</answer>", "1"},
                                           {&a, "<answer>7</answer>", "2"}};
  const auto judged = parts.judge_all(questions);
  EXPECT_DOUBLE_EQ(judged[0].reward, 0.5);
  EXPECT_DOUBLE_EQ(judged[1].reward, 1.0);
  ASSERT_EQ(judged[1].parts.size(), 1u);
  EXPECT_EQ(judged[1].parts[0].name, "exact");
}

TEST(Rewards, WithoutADeciderThereIsNoVerdict) {
  rewards scored({{"format", {.verifier = "format"}, 1.0, false, {}}});
  const auto p = asked("t", "7");
  EXPECT_EQ(scored.judge_all(std::vector<question>{{&p, "", "1"}})[0].verdict, verdict_kind::none);
}

TEST(Rewards, AFailedJudgeEntersNoReward) {
  rewards both({{"exact", {.verifier = "exact"}, 1.0, true, {}}, {"refusal", {.verifier = "refusal"}, 5.0, false, {}}});
  const auto p = asked("t", "7"); // its metadata does not say whether to decline
  const auto judged = both.judge_all(std::vector<question>{{&p, "<answer>7</answer>", "1"}});
  EXPECT_DOUBLE_EQ(judged[0].reward, 1.0);
  EXPECT_EQ(judged[0].verdict, verdict_kind::undecided);
}

TEST(MakeJudge, NamesWhatItKnows) {
  try {
    make_judge({.verifier = "exakt"});
    FAIL() << "no error";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), testing::StartsWith("no verifier is called exakt; choose one of countdown, exact, "));
    EXPECT_THAT(refused.what(), testing::EndsWith(", or give your own as a command or a url"));
  }
  EXPECT_THROW(make_judge({}), error);
  EXPECT_THROW(make_judge({.verifier = "exact", .url = "http://127.0.0.1:1/"}), error);
}

} // namespace
} // namespace troupe::verify
