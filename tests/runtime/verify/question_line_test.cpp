// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/question_line.hpp"

#include <gtest/gtest.h>

namespace troupe::verify {

TEST(QuestionLine, HasTheFieldsOfTheContract) {
  prompt p;
  p.task = "t";
  p.text = "1+1=";
  p.answer = "2";
  p.metadata = R"({"k":1})";
  EXPECT_EQ(question_line({&p, "say \"2\"\n", "1t0/0"}),
            R"({"answer":"2","completion":"say \"2\"\n","id":"1t0/0","metadata":{"k":1},"prompt":"1+1=","task":"t"})"
            "\n");
}

TEST(ReadFinding, TakesVerdictsAndScores) {
  EXPECT_EQ(read_finding(R"({"id":"a","verdict":"correct"})", "a").value, 1.0);
  EXPECT_EQ(read_finding(R"({"verdict":"incorrect","reward":-0.5})", "a").value, -0.5);
  EXPECT_EQ(read_finding(R"({"reward":0.25,"reason":"so"})", "a").verdict, verdict_kind::none);
  EXPECT_EQ(read_finding(R"({"reward":0.25,"reason":"so"})", "a").reason, "so");
}

TEST(ReadFinding, NonsenseIsUndecided) {
  for (const char* line : {"", "hello", "[]", "{}", R"({"id":"b","verdict":"correct"})", R"({"verdict":"yes"})",
                           R"({"error":"no"})", R"({"verdict":"correct","reward":"much"})", R"({"reward":1e999})",
                           R"({"verdict":1})", R"({"verdict":"undecided","reward":1})"}) {
    const auto found = read_finding(line, "a");
    EXPECT_EQ(found.verdict, verdict_kind::undecided) << line;
    EXPECT_FALSE(found.reason.empty()) << line;
  }
}

} // namespace troupe::verify
