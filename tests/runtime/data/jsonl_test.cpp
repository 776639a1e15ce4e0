// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/data/jsonl.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::data {
namespace {

class Jsonl : public testing::Test {
protected:
  void write(const std::string& content) { write_file_durably(path_, content); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string refusal(const std::string& content) {
    write(content);
    try {
      read_problems(path_, false);
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::invalid);
      const std::string what = refused.what();
      return what.starts_with(path_) ? what.substr(path_.size()) : what;
    }
    return "accepted";
  }
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("troupe-jsonl-" + std::to_string(::getpid()))).string();
};

TEST_F(Jsonl, ReadsPromptsMessagesAndReasoningGymsFields) {
  write("{\"prompt\":\"1+1=\",\"answer\":\"2\",\"completion\":\"<answer>2</answer>\"}\r\n"
        "\n"
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"answer\":3}\n"
        "{\"question\":\"q\",\"answer\":\"a\",\"metadata\":{\"k\":1}}");
  const auto read = read_problems(path_, false);
  ASSERT_EQ(read.problems.size(), 3u);
  EXPECT_EQ(read.problems[0].text, "1+1=");
  EXPECT_EQ(read.problems[0].answer, "2");
  EXPECT_EQ(read.problems[0].completion, "<answer>2</answer>");
  EXPECT_EQ(read.problems[1].line, 3u); // the empty line counts
  EXPECT_EQ(read.problems[1].messages, (std::vector<chat_message>{{"user", "hi"}}));
  EXPECT_EQ(read.problems[1].answer, "3");
  EXPECT_EQ(read.problems[2].text, "q");
  EXPECT_EQ(read.problems[2].metadata, "{\"k\":1}");
}

TEST_F(Jsonl, RefusesABadLineByItsNumber) {
  const std::string good = "{\"prompt\":\"p\",\"answer\":\"a\"}\n";
  const std::string cure =
      "; mend the line, or set skip_bad_lines: true (troupe eval: --skip-bad-lines) to count and skip such lines";
  EXPECT_EQ(refusal(good + "{\"prompt\": oops}\n"), ":2: not JSON" + cure);
  EXPECT_EQ(refusal("[1]\n"), ":1: not a JSON object" + cure);
  EXPECT_EQ(refusal("{\"answer\":\"a\"}\n"), ":1: neither \"prompt\" nor \"messages\"" + cure);
  EXPECT_EQ(refusal("{\"prompt\":\"p\"}\n"), ":1: \"answer\" must be a string or a number" + cure);
  EXPECT_EQ(refusal("{\"prompt\":\"\",\"answer\":\"a\"}\n"),
            ":1: \"prompt\" must be a string that is not empty" + cure);
  EXPECT_EQ(refusal("{\"prompt\":\"p\",\"messages\":[],\"answer\":\"a\"}\n"),
            ":1: \"prompt\" and \"messages\" exclude each other" + cure);
  EXPECT_EQ(refusal("{\"messages\":[{\"role\":1}],\"answer\":\"a\"}\n"),
            ":1: \"messages\" must hold objects with the strings \"role\" and \"content\"" + cure);
}

TEST_F(Jsonl, CountsWhatItSkips) {
  write("oops\n{\"prompt\":\"p\",\"answer\":\"a\"}\n{}\n");
  const auto read = read_problems(path_, true);
  EXPECT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(read.skipped, 2u);
  EXPECT_EQ(read.skipped_because,
            (std::vector<std::string>{path_ + ":1: not JSON", path_ + ":3: neither \"prompt\" nor \"messages\""}));
}

TEST_F(Jsonl, NoPromptIsAnError) {
  EXPECT_EQ(refusal("\n\n"), ": no prompt in the file (0 lines skipped); each line must be {\"prompt\",\"answer\"} or "
                             "{\"messages\",\"answer\"}");
}

} // namespace
} // namespace troupe::data
