// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/where.hpp"
#include "runtime/error.hpp"

#include <gmock/gmock.h>

namespace troupe::ctl {
namespace {

const std::vector<field> known{{"reward", field_type::number},
                               {"staleness", field_type::number},
                               {"task", field_type::text},
                               {"skipped", field_type::boolean},
                               {"rewards/", field_type::number}};

const row good{{"reward", 0.95}, {"staleness", 1}, {"task", "chain_sum"}, {"skipped", false}, {"rewards/format", 1.0}};

bool matches(const std::string& expression, const row& r = good) {
  return where{expression, known}.matches(r);
}

std::string refusal(const std::string& expression) {
  try {
    where{expression, known};
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    const std::string said = e.what();
    return said.substr(0, said.find('\n'));
  }
  return "accepted";
}

TEST(Where, ComparesByTypeOfTheField) {
  EXPECT_TRUE(matches("reward > 0.9 and staleness <= 1 and task == \"chain_sum\""));
  EXPECT_FALSE(matches("reward > 0.95"));
  EXPECT_TRUE(matches("reward >= 9.5e-1"));
  EXPECT_TRUE(matches("task != 'addition'"));
  EXPECT_TRUE(matches("task ~ 'in_s'"));
  EXPECT_FALSE(matches("task ~ 'sums'"));
  EXPECT_TRUE(matches("skipped == false"));
  EXPECT_TRUE(matches("skipped != true"));
  EXPECT_TRUE(matches("rewards/format == 1"));
  EXPECT_TRUE(matches("reward > -1"));
}

TEST(Where, AndBindsTighterThanOr) {
  EXPECT_TRUE(matches("reward > 0 or reward > 1 and reward > 2"));
  EXPECT_FALSE(matches("(reward > 0 or reward > 1) and reward > 2"));
  EXPECT_FALSE(matches("not (reward > 0)"));
  EXPECT_TRUE(matches("not reward > 1 and staleness == 1"));
}

TEST(Where, NotBindsTighterThanAnd) {
  // 0 or (not 1 and 1) or 0: were `not` to take all that follows, or `or` to bind first, the answers would differ
  EXPECT_FALSE(matches("not reward > 0 and staleness == 1 or reward > 1"));
  EXPECT_TRUE(matches("not reward > 1 and not staleness == 2"));
  EXPECT_TRUE(matches("not (reward > 0 and staleness == 2)"));
  EXPECT_FALSE(matches("not reward > 0 and staleness == 2"));
  EXPECT_TRUE(matches("not not reward > 0"));
  EXPECT_TRUE(matches("reward > 1 and reward > 2 or staleness == 1"));
  EXPECT_FALSE(matches("reward > 1 and (reward > 2 or staleness == 1)"));
  EXPECT_TRUE(matches("((reward > 0))and(staleness==1)"));
}

std::string whole_refusal(const std::string& expression) {
  try {
    where{expression, known};
  } catch (const error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Where, PointsAtThePlaceWithACaret) {
  EXPECT_THAT(whole_refusal("reward > 0 and rewrad > 1"), testing::EndsWith("\n  reward > 0 and rewrad > 1"
                                                                            "\n                 ^"));
  EXPECT_THAT(whole_refusal("task == 'é' and x"), testing::EndsWith("\n  task == 'é' and x"
                                                                    "\n                  ^"))
      << "a character is one place wide, whatever its bytes";
  EXPECT_THAT(whole_refusal("reward >"), testing::EndsWith("\n  reward >\n          ^")) << "just past the end";
  EXPECT_THAT(whole_refusal("reward\n= 1"), testing::EndsWith("\n  reward = 1\n         ^"));
  const auto far = whole_refusal(std::string(300, ' ') + "rewrad > 1");
  EXPECT_THAT(far, testing::EndsWith("\n  " + std::string(50, ' ') + "rewrad > 1\n  " + std::string(50, ' ') + "^"))
      << "of a long expression what is around the place";
}

TEST(Where, AFieldWithoutValueEqualsOnlyNull) {
  const row empty{{"reward", nullptr}};
  EXPECT_FALSE(matches("reward < 1", empty));
  EXPECT_FALSE(matches("reward != 1", empty));
  EXPECT_TRUE(matches("reward == null", empty));
  EXPECT_TRUE(matches("task == null", empty));
  EXPECT_TRUE(matches("reward != null"));
}

TEST(Where, QuotesMayBeEscaped) {
  EXPECT_TRUE(matches(R"(task == "a\"b")", {{"task", "a\"b"}}));
}

TEST(Where, AnUnknownFieldListsTheRightOnes) {
  EXPECT_EQ(
      refusal("reward > 0 and rewrad > 1"),
      "--where: column 16: there is no field 'rewrad'; there are: reward, staleness, task, skipped, rewards/NAME");
}

TEST(Where, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(refusal("reward = 1"), "--where: column 8: = is not an operator; write ==");
  EXPECT_EQ(refusal("task == chain_sum"),
            "--where: column 9: task is text; put the value in quotes: task == \"chain_sum\"");
  EXPECT_EQ(refusal("reward == 'a'"), "--where: column 11: reward is a number; compare it with one");
  EXPECT_EQ(refusal("reward > 1 reward"), "--where: column 12: expected `and`, `or` or the end");
  EXPECT_EQ(refusal("(reward > 1"), "--where: column 12: expected )");
  EXPECT_EQ(refusal("task == 'a"), "--where: column 9: the text has no closing '");
  EXPECT_EQ(refusal("reward >"), "--where: column 9: expected a value");
  EXPECT_EQ(refusal("skipped > true"), "--where: column 11: skipped is true or false: skipped == true");
  EXPECT_EQ(refusal("reward ~ 1"), "--where: column 8: ~ looks for text in a text; reward is none");
  EXPECT_THAT(refusal(std::string(5000, '(')), testing::HasSubstr("nested too deeply"));
}

TEST(Where, KnowsWhatItReads) {
  const where w{"reward > 1 or rewards/format == 1", known};
  EXPECT_THAT(w.reads(), testing::ElementsAre("reward", "rewards/format"));
}

} // namespace
} // namespace troupe::ctl
