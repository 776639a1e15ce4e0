// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace troupe::text {
namespace {

using ids = std::vector<std::int32_t>;
const std::vector<std::string> tags = {"<think>", "</think>", "<answer>", "</answer>"};

class Tokenizer : public testing::Test {
protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / ("troupe-tokenizer-" + std::to_string(::getpid()))).string();
    write_character_tokenizer(folder_, "0123456789+= \nfünf<thi", tags);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The refusal of tokenizer.json after `change`, without the file's name and the advice.
  std::string refusal(const std::function<void(nlohmann::json&)>& change) {
    const auto file = folder_ + "/tokenizer.json";
    auto content = nlohmann::json::parse(data::read_file(file));
    change(content);
    data::write_file_durably(file, content.dump());
    try {
      load_tokenizer(folder_);
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::invalid);
      const std::string what = refused.what();
      return what.substr(file.size() + 2, what.find(';') - file.size() - 2);
    }
    return "accepted";
  }
  std::string folder_;
};

// The ids are those that `tokenizers` 0.23.3 (through transformers 5.23.0) gives for the folder written above.
TEST_F(Tokenizer, AgreesWithHuggingFace) {
  const auto t = load_tokenizer(folder_);
  EXPECT_EQ(t->encode("964+494=", false), (ids{18, 15, 13, 8, 13, 18, 13, 20}));
  EXPECT_EQ(t->encode("<think>4 9</think><answer>fünf\n</answer><|end|>", true),
            (ids{2, 13, 7, 18, 3, 4, 21, 26, 24, 21, 6, 5, 1}));
  EXPECT_EQ(t->encode("<thi<think>thi", false), (ids{19, 25, 22, 23, 2, 25, 22, 23}));
  EXPECT_EQ(t->encode("", false), ids{});
  EXPECT_EQ(t->vocabulary_size(), 27u);
  EXPECT_EQ(t->end_token(), 1);
  EXPECT_EQ(t->pad_token(), 0);
}

TEST_F(Tokenizer, DecodesBackAndLeavesOutSpecialTokensOnRequest) {
  const auto t = load_tokenizer(folder_);
  const auto text = std::string("<think>4 9</think><answer>fünf\n</answer><|end|>");
  EXPECT_EQ(t->decode(t->encode(text, false), true), text);
  EXPECT_EQ(t->decode(t->encode(text, false), false), text.substr(0, text.size() - 7)); // without <|end|>
}

TEST_F(Tokenizer, HasAsManyTokensAsWasSaidBeforeItWasWritten) {
  EXPECT_EQ(character_vocabulary_size("0123456789+= \nfünf<thi", tags), 27u); // f twice; 4 tags, end and pad
  EXPECT_EQ(character_vocabulary_size("aa", {}), 3u);
}

TEST_F(Tokenizer, NamesTheCharacterAndIdItLacks) {
  const auto t = load_tokenizer(folder_);
  try {
    t->encode("ü€", false);
    FAIL() << "no error";
  } catch (const error& refused) {
    EXPECT_STREQ(refused.what(), "the tokenizer has no token for '€' (U+20AC) at byte 2 of the text; remove it, or use "
                                 "a model whose alphabet has it");
  }
  try {
    t->decode(ids{1, 27}, true);
    FAIL() << "no error";
  } catch (const error& refused) {
    EXPECT_STREQ(refused.what(), "token id 27 is outside the vocabulary of 27 tokens");
  }
  EXPECT_THROW(t->encode("\xff", false), error);
  EXPECT_THROW(t->decode(ids{-1}, true), error);
}

TEST_F(Tokenizer, RefusesWhatItCannotRepresent) {
  const auto unsupported = [](const std::string& what) { return what + " is not supported"; };
  EXPECT_EQ(refusal([](auto& f) { f["pre_tokenizer"]["pattern"]["String"] = " "; }),
            unsupported("pre_tokenizer Split with {\"String\":\" \"}, Isolated"));
  EXPECT_EQ(refusal([](auto& f) {
              f["pre_tokenizer"] = {{"type", "ByteLevel"}};
            }),
            unsupported("pre_tokenizer ByteLevel"));
  EXPECT_EQ(refusal([](auto& f) { f["normalizer"] = {{"type", "NFC"}}; }), unsupported("normalizer NFC"));
  EXPECT_EQ(refusal([](auto& f) { f["model"]["type"] = "BPE"; }), unsupported("model type BPE"));
}

TEST_F(Tokenizer, RefusesATokenOfSeveralCharactersAndADoubleId) {
  EXPECT_EQ(refusal([](auto& f) { f["model"]["vocab"]["ab"] = 27; }),
            "token \"ab\" of several characters is not supported");
}

TEST_F(Tokenizer, RefusesADoubleId) {
  EXPECT_EQ(refusal([](auto& f) { f["model"]["vocab"]["x"] = 9; }), "id 9 stands for both \"0\" and \"x\"");
}

} // namespace
} // namespace troupe::text
