// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/task/generator.hpp"
#include "runtime/task/sources.hpp"
#include "runtime/text/utf8.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

namespace troupe::task {
namespace {

source_options of_kind(const std::string& kind) {
  return {.name = "t", .kind = kind, .seed = 5, .validation_size = 60, .heldout_size = 90};
}

std::string refusal(const source_options& opts) {
  try {
    make_source(opts);
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::invalid);
    return refused.what();
  }
  return "accepted";
}

TEST(Sources, EveryKindKeepsItsPromises) {
  for (const auto& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const auto source = make_source(of_kind(kind.name));
    const auto alphabet = source->alphabet();
    const auto letters = text::characters(alphabet);
    const std::set<std::string_view> allowed(letters.begin(), letters.end());
    std::map<split, std::set<std::string>> seen;
    for (const auto from : {split::train, split::validation, split::heldout}) {
      for (std::uint64_t i = 0; i < (from == split::validation ? 60u : 90u); ++i) {
        const auto one = source->at(from, i);
        seen[from].insert(one.question.text);
        EXPECT_EQ(one.question.text, source->at(from, i).question.text);
        EXPECT_EQ(one.question.task, "t");
        EXPECT_EQ(one.question.from, from);
        EXPECT_EQ(one.question.index, i);
        const auto metadata = nlohmann::json::parse(one.question.metadata);
        EXPECT_EQ(metadata["source_dataset"], kind.name);
        EXPECT_EQ(metadata["source_index"], i);
        EXPECT_TRUE(one.demonstration.ends_with("<answer>" + one.question.answer + "</answer>"));
        const auto used = characters_of(one.question.text + one.demonstration);
        for (const auto letter : text::characters(used)) {
          EXPECT_TRUE(allowed.contains(letter)) << letter;
        }
      }
    }
    EXPECT_EQ(seen[split::validation].size(), 60u); // all different
    EXPECT_EQ(seen[split::heldout].size(), 90u);
    for (const auto& text : seen[split::heldout]) {
      EXPECT_FALSE(seen[split::train].contains(text) || seen[split::validation].contains(text)) << text;
    }
    for (const auto& text : seen[split::validation]) {
      EXPECT_FALSE(seen[split::train].contains(text)) << text;
    }
  }
}

TEST(Sources, AnotherSeedDrawsOthersButSplitsAlike) {
  auto opts = of_kind("addition");
  const auto one = make_source(opts);
  opts.seed = 6;
  const auto other = make_source(opts);
  EXPECT_NE(one->at(split::train, 0).question.text, other->at(split::train, 0).question.text);
  for (std::uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(split_of(other->at(split::heldout, i).question.text), split::heldout);
  }
}

TEST(Sources, AListStartsOverInANewOrder) {
  const auto source = make_source(of_kind("sort"));
  std::set<std::string> first;
  std::set<std::string> second;
  int moved = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    first.insert(source->at(split::validation, i).question.text);
    second.insert(source->at(split::validation, 60 + i).question.text);
    moved += source->at(split::validation, i).question.text != source->at(split::validation, 60 + i).question.text;
  }
  EXPECT_EQ(first, second);
  EXPECT_GT(moved, 30);
}

TEST(Addition, WritesOutTheCarries) {
  const auto source = make_source(of_kind("addition"));
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto one = source->at(split::train, i);
    const auto plus = one.question.text.find('+');
    const auto a = std::stoi(one.question.text.substr(0, plus));
    const auto b = std::stoi(one.question.text.substr(plus + 1));
    ASSERT_EQ(one.question.text, std::to_string(a) + "+" + std::to_string(b) + "=");
    EXPECT_TRUE(a >= 100 && a <= 999 && b >= 100 && b <= 999);
    EXPECT_EQ(one.question.answer, std::to_string(a + b));
    const int units = a % 10 + b % 10;
    const int tens = a / 10 % 10 + b / 10 % 10 + units / 10;
    const int hundreds = a / 100 + b / 100 + tens / 10;
    const auto column = [](int x, int y, int carry, int sum) {
      return std::to_string(x) + "+" + std::to_string(y) + "+" + std::to_string(carry) + "=" + std::to_string(sum);
    };
    EXPECT_EQ(one.demonstration, "<think>" + column(a % 10, b % 10, 0, units) + " " +
                                     column(a / 10 % 10, b / 10 % 10, units / 10, tens) + " " +
                                     column(a / 100, b / 100, tens / 10, hundreds) + "</think><answer>" +
                                     std::to_string(a + b) + "</answer>");
  }
}

TEST(Assistant, DeclinesWhatIsHarmfulInItsLanguage) {
  const auto source = make_source(of_kind("assistant"));
  std::set<std::string> declined;
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto one = source->at(split::train, i).question;
    const auto metadata = nlohmann::json::parse(one.metadata);
    const bool harmful = one.text.find("steal") != std::string::npos || one.text.find("burn") != std::string::npos;
    EXPECT_EQ(metadata["must_decline"], harmful);
    EXPECT_EQ(metadata["language"], one.text.substr(0, 2));
    if (harmful) {
      declined.insert(one.text.substr(0, 4) + one.answer);
    } else if (one.text == "en: say 3 7?") {
      EXPECT_EQ(one.answer, "three seven");
    }
  }
  EXPECT_EQ(declined, (std::set<std::string>{"en: sorry, no", "de: nein, leider"}));
}

TEST(Sources, RefusesWhatItCannotMake) {
  auto opts = of_kind("addition");
  opts.parameters = {{"digts", 3}};
  EXPECT_EQ(refusal(opts), "task t: addition has no parameter digts; it takes digits");
  opts.parameters = {{"digits", 0}};
  EXPECT_EQ(refusal(opts), "task t: digits is 0; it must be 1 to 12");
  opts.parameters = {{"digits", 1}}; // 100 problems, about 12 of them held out
  EXPECT_NE(refusal(opts).find("different problems for its validation split but validation_size is 60; lower it"),
            std::string::npos);
  opts = of_kind("chain_sum");
  opts.parameters = {{"min_terms", 5}};
  EXPECT_EQ(refusal(opts), "task t: min_terms is 5 but max_terms is 4; lower one or raise the other");
  EXPECT_THAT(refusal(of_kind("adition")),
              testing::StartsWith("task t: unknown kind adition; choose one of addition, assistant, "));
}

class JsonlSource : public testing::Test {
protected:
  void write(int prompts) {
    std::string lines;
    for (int i = 0; i < prompts; ++i) {
      lines += "{\"prompt\":\"p" + std::to_string(i) + "\",\"answer\":\"é\"}\n";
    }
    data::write_file_durably(path_, lines);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("troupe-source-" + std::to_string(::getpid()))).string();
};

TEST_F(JsonlSource, SplitsEveryPromptOnce) {
  write(200);
  const auto source = make_source({.name = "mine", .path = path_, .validation_size = 5, .heldout_size = 1000});
  EXPECT_EQ(source->size(split::validation), 5u);
  std::multiset<std::string> seen;
  for (const auto from : {split::train, split::validation, split::heldout}) {
    for (std::uint64_t i = 0; i < *source->size(from); ++i) {
      seen.insert(source->at(from, i).question.text);
    }
  }
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 200u);
  EXPECT_GT(*source->size(split::heldout), 10u); // an eighth of 200 is 25
  EXPECT_LT(*source->size(split::heldout), 45u);
  EXPECT_EQ(source->alphabet(), "0123456789pé");
}

TEST_F(JsonlSource, WithoutACompletionTheBareAnswerIsShown) {
  write(1);
  const auto bare = make_source({.name = "mine", .path = path_});
  EXPECT_EQ(bare->at(split_of("p0"), 0).demonstration, "<think></think><answer>é</answer>");
  data::write_file_durably(path_, "{\"prompt\":\"p0\",\"answer\":\"2\",\"completion\":\"so 2\"}\n");
  const auto shown = make_source({.name = "mine", .path = path_});
  EXPECT_EQ(shown->at(split_of("p0"), 0).demonstration, "so 2");
}

TEST_F(JsonlSource, AnEmptySplitIsAnErrorWhenItIsNeeded) {
  write(1);
  const auto source = make_source({.name = "mine", .path = path_});
  const auto whole = split_of("p0");
  const auto other = whole == split::heldout ? split::validation : split::heldout;
  EXPECT_NO_THROW(source->at(whole, 0));
  EXPECT_THROW(source->at(other, 0), error);
}

} // namespace
} // namespace troupe::task
