// SPDX-License-Identifier: Apache-2.0
#include "deploy/completion/completion.hpp"
#include "runtime/error.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <unistd.h>

namespace troupe::completion {
namespace {

using testing::HasSubstr;

class Completion : public testing::Test {
protected:
  Completion() {
    app_.add_option("--store", text_, "where it is");
    app_.add_option("-o,--output", text_, "how")->check(CLI::IsMember({"table", "json"}));
    auto* get = app_.add_subcommand("get", "list it; don't ask");
    get->fallthrough();
    get->add_option("what", text_)->check(CLI::IsMember({"groups", "workers", "worlds"}));
    get->add_flag("--all", flag_);
    auto* context = app_.add_subcommand("context", "names");
    context->add_subcommand("add", "one")->add_option("file", text_);
    context->add_subcommand("use", "one");
  }
  ~Completion() override { std::filesystem::remove_all(folder_); }

  /// What bash offers for the last of these words, one a line.
  std::string offers(const std::string& words) {
    std::filesystem::create_directories(folder_);
    std::ofstream{folder_ / "data.jsonl"} << "x";
    std::ofstream{folder_ / "script"} << script(app_, shell::bash);
    std::ofstream{folder_ / "ask"} << "set -eu\ncd " << folder_ << "\nsource ./script\n"
                                   << "COMP_WORDS=(" << words << ") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                   << "_prog\nprintf '%s\\n' \"${COMPREPLY[@]}\" > answer\n";
    EXPECT_EQ(std::system(("bash " + (folder_ / "ask").string()).c_str()), 0);
    std::ostringstream answer;
    answer << std::ifstream{folder_ / "answer"}.rdbuf();
    return answer.str();
  }

  CLI::App app_{"Does it.", "prog"};
  std::string text_;
  bool flag_ = false;
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("troupe-completion-" + std::to_string(::getpid()));
};

TEST_F(Completion, OffersTheWordsOfAPosition) {
  EXPECT_EQ(offers("prog get wo"), "workers\nworlds\n");
  EXPECT_EQ(offers("prog get work"), "workers\n");
  EXPECT_EQ(offers("prog --output json get g"), "groups\n");
}

TEST_F(Completion, OffersCommands) {
  EXPECT_EQ(offers("prog ''"), "get\ncontext\n");
  EXPECT_EQ(offers("prog context ''"), "add\nuse\n");
  EXPECT_EQ(offers("prog --store get c"), "context\n") << "`get` is the value of --store there";
}

TEST_F(Completion, OffersOptionsAndTheirWords) {
  EXPECT_EQ(offers("prog get --a"), "--all\n");
  EXPECT_EQ(offers("prog get --ou"), "--output\n") << "an option of the program may follow its command";
  EXPECT_EQ(offers("prog get -o ''"), "table\njson\n");
  EXPECT_EQ(offers("prog context --ou"), "\n") << "and here it may not";
}

TEST_F(Completion, OffersFilesWhereAnyTextWillDo) {
  EXPECT_EQ(offers("prog context add da"), "data.jsonl\n");
  EXPECT_EQ(offers("prog --store da"), "data.jsonl\n");
}

TEST_F(Completion, OtherShellsGetTheSameWords) {
  EXPECT_THAT(script(app_, shell::zsh), HasSubstr("#compdef prog\n"));
  EXPECT_THAT(script(app_, shell::zsh), HasSubstr("'prog/get':0) offered='groups workers worlds'"));
  EXPECT_THAT(script(app_, shell::fish),
              HasSubstr("complete -c prog -n '__fish_seen_subcommand_from get' -f -a 'groups workers worlds'\n"));
  EXPECT_THAT(script(app_, shell::fish), HasSubstr(" -s o -l output -r -f -a 'table json' -d 'how'\n"));
}

TEST_F(Completion, KnowsItsShellsByName) {
  EXPECT_THAT(shell_names(), testing::ElementsAre("bash", "zsh", "fish"));
  EXPECT_EQ(parse_shell("bash"), shell::bash);
  EXPECT_EQ(parse_shell("zsh"), shell::zsh);
  EXPECT_EQ(parse_shell("fish"), shell::fish);
  EXPECT_THROW((void)parse_shell("csh"), error);
}

} // namespace
} // namespace troupe::completion
