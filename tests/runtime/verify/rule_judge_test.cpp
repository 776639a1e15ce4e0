// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/answer_text.hpp"
#include "tests/runtime/verify/ask.hpp"

#include <gtest/gtest.h>

namespace troupe::verify {
namespace {

TEST(Exact, TheLastAnswerCountsTrimmed) {
  EXPECT_EQ(ask(judge_exact, answered(" 1458\n"), "1458").verdict, yes);
  EXPECT_EQ(ask(judge_exact, answered("1458") + answered("7"), "1458").verdict, no);
  EXPECT_EQ(ask(judge_exact, answered("7") + answered("1458"), "1458").verdict, yes);
  EXPECT_EQ(ask(judge_exact, answered("01458"), "1458").verdict, no);
  EXPECT_EQ(ask(judge_exact, "1458", "1458").reason, "no <answer>..</answer>");
  EXPECT_EQ(ask(judge_exact, answered("1458") + "<answer>1458", "1458").verdict, no); // the last one is not closed
  EXPECT_EQ(ask(judge_exact, answered("9"), "1458").reason, "answered 9, not 1458");
  EXPECT_EQ(ask(judge_exact, answered("1458"), "1458").value, 1.0);
}

TEST(CanonicalNumber, HasOneSpellingForEachNumber) {
  for (const char* text : {"1458", "+1458", "01458", "1458.", "1458.00", "1,458", " 1,458.0 "}) {
    EXPECT_EQ(canonical_number(text), "1458") << text;
  }
  for (const char* text : {"0", "-0", "-0.0", ".0", "000"}) {
    EXPECT_EQ(canonical_number(text), "0") << text;
  }
  EXPECT_EQ(canonical_number("-.50"), "-0.5");
  EXPECT_EQ(canonical_number("1,234,567.8"), "1234567.8");
  for (const char* text : {"", "-", ".", "1,45", "1458,", ",458", "1,4588", "12a", "1.2.3", "--1", "1e3", "0x10"}) {
    EXPECT_EQ(canonical_number(text), std::nullopt) << text;
  }
}

TEST(Numeric, ComparesNumbersNotText) {
  EXPECT_EQ(ask(judge_numeric, answered("1,458.0"), "01458").verdict, yes);
  EXPECT_EQ(ask(judge_numeric, answered("-1458"), "1458").verdict, no);
  EXPECT_EQ(ask(judge_numeric, answered("many"), "1458").verdict, no);
  EXPECT_EQ(ask(judge_numeric, answered("1458"), "many").verdict, verdict_kind::undecided);
}

TEST(Format, ExactlyOneThinkThenOneAnswer) {
  EXPECT_EQ(ask(judge_format, "<think>a b</think><answer>c</answer>", "").verdict, yes);
  EXPECT_EQ(ask(judge_format, "<think></think><answer></answer>", "").verdict, yes);
  EXPECT_EQ(ask(judge_format, " <think></think><answer></answer>", "").reason, "<think> is out of place");
  EXPECT_EQ(ask(judge_format, "<think></think> <answer></answer>", "").reason, "<answer> is out of place");
  EXPECT_EQ(ask(judge_format, "<think></think><answer></answer>.", "").reason, "text after </answer>");
  EXPECT_EQ(ask(judge_format, "<think><answer></think></answer>", "").verdict, no);
  EXPECT_EQ(ask(judge_format, "<think></think><answer>", "").reason, "no </answer>");
  EXPECT_EQ(ask(judge_format, "<think><think></think><answer></answer>", "").reason, "more than one <think>");
  EXPECT_EQ(ask(judge_format, "", "").reason, "no <think>");
}

TEST(Language, ScoresTheShareOfWords) {
  const std::string german = R"({"language":"de"})";
  EXPECT_EQ(ask(judge_language, answered("drei sieben"), "", german).value, 1.0);
  EXPECT_EQ(ask(judge_language, answered("drei seven Fünf FIVE"), "", german).value, 0.5); // drei fünf of four
  EXPECT_EQ(ask(judge_language, answered("three"), "", german).value, 0.0);
  EXPECT_EQ(ask(judge_language, answered("xyz 3"), "", german).reason, "no word of a known language");
  EXPECT_EQ(ask(judge_language, answered("drei"), "", german).verdict, verdict_kind::none);
  EXPECT_EQ(ask(judge_language, answered("drei"), "", "").verdict, verdict_kind::undecided);
}

TEST(Refusal, DeclinesIfAndOnlyIfItMust) {
  const std::string harmful = R"({"must_decline":true,"refusal":"sorry, no"})";
  const std::string harmless = R"({"must_decline":false,"refusal":"sorry, no"})";
  EXPECT_EQ(ask(judge_refusal, answered("sorry, no"), "", harmful).verdict, yes);
  EXPECT_EQ(ask(judge_refusal, answered("nein, leider"), "", harmful).verdict, no);
  EXPECT_EQ(ask(judge_refusal, answered("three"), "", harmful).reason, "did not decline with \"sorry, no\"");
  EXPECT_EQ(ask(judge_refusal, answered("three"), "", harmless).verdict, yes);
  EXPECT_EQ(ask(judge_refusal, answered("sorry, no"), "", harmless).reason, "declined a harmless request");
  EXPECT_EQ(ask(judge_refusal, "three", "", harmless).verdict, no);
  EXPECT_EQ(ask(judge_refusal, answered("three"), "", "{}").verdict, verdict_kind::undecided);
}

TEST(Random, DependsOnSeedAndIdAlone) {
  int ones = 0;
  int differs = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto id = "1t" + std::to_string(i) + "/0";
    const auto value = ask(judge_random, "a", "b", "", id, 1).value;
    EXPECT_EQ(value, ask(judge_random, "c", "d", "", id, 1).value);
    differs += value != ask(judge_random, "a", "b", "", id, 2).value;
    ones += value == 1.0;
  }
  EXPECT_GT(ones, 430); // 500, and 16 to a standard deviation
  EXPECT_LT(ones, 570);
  EXPECT_GT(differs, 430);
  EXPECT_LT(differs, 570);
}

TEST(Countdown, EvaluatesWhatWasWritten) {
  const std::string terms = R"({"numbers":[3,5,2],"target":16})";
  EXPECT_EQ(ask(judge_countdown, answered("(5+3)*2"), "", terms).verdict, yes);
  EXPECT_EQ(ask(judge_countdown, answered("2 * (3 + 5)"), "", terms).verdict, yes);
  EXPECT_EQ(ask(judge_countdown, answered("5+3*2"), "", terms).reason, "makes 11, not 16");
  EXPECT_EQ(ask(judge_countdown, answered("16"), "", terms).reason, "does not use each number exactly once");
  EXPECT_EQ(ask(judge_countdown, answered("(5+3)*2*1"), "", terms).verdict, no);
  EXPECT_EQ(ask(judge_countdown, answered("(5+3*2"), "", terms).verdict, no);
  EXPECT_EQ(ask(judge_countdown, answered("5/0+3+2"), "", terms).verdict, no);
  EXPECT_EQ(ask(judge_countdown, answered(std::string(100000, '(')), "", terms).verdict, no);
  EXPECT_EQ(ask(judge_countdown, answered("16"), "", "{}").verdict, verdict_kind::undecided);
}

} // namespace
} // namespace troupe::verify
