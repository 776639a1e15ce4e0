// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace troupe::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StopTokens : public testing::Test {
protected:
  StopTokens() : folder_(std::filesystem::temp_directory_path() / ("troupe-stops-" + std::to_string(::getpid()))) {
    write_character_tokenizer(folder_, "abc", {}); // <|pad|> 0, <|end|> 1, a 2, b 3, c 4
  }
  ~StopTokens() override { std::filesystem::remove_all(folder_); }

  std::vector<std::int32_t> given(const std::string& generation_config) const {
    std::ofstream{folder_ / "generation_config.json"} << generation_config;
    return read_stop_tokens(folder_, *load_tokenizer(folder_));
  }
  std::string refusal(const std::string& generation_config) const {
    try {
      given(generation_config);
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::invalid);
      return refused.what();
    }
    return "accepted";
  }
  std::filesystem::path folder_;
};

TEST_F(StopTokens, AreThoseOfTheGenerationConfig) {
  EXPECT_THAT(given(R"({"eos_token_id": 3})"), ElementsAre(3));
  EXPECT_THAT(given(R"({"eos_token_id": [4, 1]})"), ElementsAre(4, 1));
}

TEST_F(StopTokens, AreTheTokenizersEndWhereTheFolderNamesNone) {
  EXPECT_THAT(read_stop_tokens(folder_, *load_tokenizer(folder_)), ElementsAre(1));
  EXPECT_THAT(given("{}"), ElementsAre(1));
  EXPECT_THAT(given(R"({"eos_token_id": null})"), ElementsAre(1));
  std::ofstream{folder_ / "tokenizer_config.json"} << R"({"eos_token": null})";
  EXPECT_THAT(given("{}"), ElementsAre());
}

TEST_F(StopTokens, RefusesWhatIsNoTokenOfTheVocabulary) {
  EXPECT_THAT(refusal(R"({"eos_token_id": 5})"), HasSubstr("generation_config.json: eos_token_id has 5;"));
  EXPECT_THAT(refusal(R"({"eos_token_id": [1, -1]})"), HasSubstr("has -1"));
  EXPECT_THAT(refusal(R"({"eos_token_id": "<|end|>"})"), HasSubstr("has \"<|end|>\""));
  EXPECT_THAT(refusal("[]"), HasSubstr("not a JSON object"));
}

} // namespace
} // namespace troupe::text
