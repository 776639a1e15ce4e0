// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/user_command.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::verify {
namespace {

/// `count` questions of which the i-th has the id "q<i>".
struct asked {
  explicit asked(std::size_t count) {
    p.text = "1+1=";
    p.answer = "2";
    for (std::size_t i = 0; i < count; ++i) {
      questions.push_back({&p, "<answer>2</answer>", "q" + std::to_string(i)});
    }
  }
  prompt p;
  std::vector<question> questions;
};

/// Whether a process is dead, or dies within 10 s, reaped or not.
bool ends(pid_t process) {
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) {
    return errno == ESRCH;
  }
  pollfd watched{fd, POLLIN, 0};
  const bool ended = ::poll(&watched, 1, 10000) == 1;
  ::close(fd);
  return ended;
}

user_command shell(const std::string& script, double timeout_s = 20) {
  return user_command({{"/bin/sh", "-c", script}, timeout_s});
}

TEST(UserCommand, AnswersEveryQuestionInOrderFromOneProcess) {
  // The reward is how many lines this process has read: one process answers both batches.
  auto judge = shell(
      "n=0; while read -r line; do n=$((n+1)); echo \"{\\\"verdict\\\":\\\"correct\\\",\\\"reward\\\":$n}\"; done");
  asked three(3);
  const auto first = judge.judge_all(three.questions);
  const auto second = judge.judge_all(three.questions);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].verdict, verdict_kind::correct);
  EXPECT_EQ(first[2].value, 3.0);
  EXPECT_EQ(second[2].value, 6.0);
}

TEST(UserCommand, ACrashIsUndecidedAndTheNextQuestionMeetsANewProcess) {
  auto judge = shell("read -r a; echo '{\"verdict\":\"incorrect\"}'; read -r b; echo last words >&2; exit 3");
  asked three(3);
  const auto found = judge.judge_all(three.questions);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].verdict, verdict_kind::incorrect);
  EXPECT_EQ(found[1].verdict, verdict_kind::undecided);
  EXPECT_EQ(found[1].reason, "the verifier ended before it answered: exit status 3; its last words: last words");
  EXPECT_EQ(found[2].verdict, verdict_kind::incorrect); // the first question of a second process
}

TEST(UserCommand, GivesUpAfterThreeFailuresInARow) {
  auto judge = shell("exit 1");
  asked five(5);
  const auto found = judge.judge_all(five.questions);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[2].reason, "the verifier ended before it answered: exit status 1");
  EXPECT_EQ(found[4].reason, "not asked: the verifier failed three times in a row, last: the verifier ended before it "
                             "answered: exit status 1");
  for (const auto& one : found) {
    EXPECT_EQ(one.verdict, verdict_kind::undecided);
  }
}

TEST(UserCommand, OneThatFailedThreeTimesIsAskedOnceABatchUntilItAnswers) {
  const auto starts = std::filesystem::temp_directory_path() / ("troupe-starts-" + std::to_string(::getpid()));
  const auto repaired = starts.string() + "-repaired";
  auto judge = shell("echo x >> " + starts.string() + "; test -e " + repaired +
                     " || exit 1; while read -r line; do echo '{\"verdict\":\"correct\"}'; done");
  asked two(2);
  for (const std::uintmax_t bytes : {4, 6, 8}) { // two starts; the third failure; and one more, not two
    EXPECT_EQ(judge.judge_all(two.questions)[1].verdict, verdict_kind::undecided);
    EXPECT_EQ(std::filesystem::file_size(starts), bytes);
  }
  std::ofstream{repaired};
  EXPECT_EQ(judge.judge_all(two.questions)[1].verdict, verdict_kind::correct);
  std::filesystem::remove(starts);
  std::filesystem::remove(repaired);
}

TEST(UserCommand, SilenceIsUndecidedAtItsDeadlineAndNothingStaysBehind) {
  // Starts a grandchild that would outlive it, says its process id, then never answers again.
  auto judge = shell("sleep 1000 & echo \"{\\\"reward\\\":$!}\"; cat > /dev/null; wait", 0.2);
  asked two(2);
  const auto found = judge.judge_all(two.questions);
  ASSERT_EQ(found.size(), 2u);
  const auto grandchild = static_cast<pid_t>(found[0].value);
  ASSERT_GT(grandchild, 1);
  EXPECT_EQ(found[1].reason,
            "timeout: the verifier gave no answer within 0.2 s; it was stopped (does it flush its output?)");
  EXPECT_TRUE(ends(grandchild));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1); // no child of ours is left, not even a zombie
}

TEST(UserCommand, ManyLargeQuestionsDoNotBlock) {
  auto judge = shell("while read -r line; do echo '{\"reward\":0.5}'; done");
  asked many(64);
  const std::string large(100000, 'x');
  for (auto& one : many.questions) {
    one.completion = large;
  }
  const auto found = judge.judge_all(many.questions);
  ASSERT_EQ(found.size(), 64u);
  EXPECT_EQ(found[63].value, 0.5);
  EXPECT_EQ(found[63].verdict, verdict_kind::none);
}

TEST(UserCommand, AMissingProgramIsUndecidedNotAnError) {
  user_command judge({{"/no/such/program"}, 1});
  asked one(1);
  const auto found = judge.judge_all(one.questions);
  EXPECT_EQ(found[0].verdict, verdict_kind::undecided);
  EXPECT_EQ(found[0].reason, "the verifier's program /no/such/program cannot be started: No such file or directory");
}

} // namespace
} // namespace troupe::verify
