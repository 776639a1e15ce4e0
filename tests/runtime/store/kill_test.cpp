// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

/// A child writes numbered groups with their samples and reports each acknowledgement on a pipe until it is killed. The
/// oracle is the parent: every acknowledged group must be there, whole, once.
namespace troupe::store {
namespace {

group_id numbered(std::uint64_t n) {
  return {stage_index{1}, purpose::train, n, 0};
}

/// Large enough for a blob file; every token is the group's number, so that a mixed-up record shows.
sample payload(std::uint64_t n) {
  sample s{.index = 0};
  s.tokens.assign(2000, static_cast<std::int32_t>(n));
  s.logprobs.assign(2000, -0.5F);
  s.loss_mask.assign(2000, 1);
  s.segments = {{segment_source::policy, 0, 2000, policy_version{1}}};
  return s;
}

write transition(std::uint64_t n) {
  group g{.id = numbered(n), .state = group_state::trained, .task = "addition"};
  g.members.resize(1);
  return {.groups = {g},
          .prompts = {{g.id, prompt{.task = "addition", .index = n}}},
          .samples = {{{g.id, 0}, payload(n)}},
          .judgements = {{{g.id, 0}, judgement{.reward = 1}}}};
}

/// Run by the parent in a process of its own (never forked from one that uses RocksDB: threads do not survive a fork).
TEST(KilledWriter, Child) {
  const char* folder = std::getenv("TROUPE_TEST_WRITER_FOLDER");
  if (folder == nullptr) {
    GTEST_SKIP() << "is started by KilledWriter.LosesNothingAcknowledged";
  }
  const int acks = std::atoi(std::getenv("TROUPE_TEST_WRITER_PIPE"));
  const bool to_disk = std::getenv("TROUPE_TEST_WRITER_DISK") != nullptr;
  journal j{folder, open_mode::create};
  for (std::uint64_t n = std::stoull(std::getenv("TROUPE_TEST_WRITER_FIRST"));; ++n) {
    j.commit(transition(n), to_disk ? durability::disk : durability::wal);
    ASSERT_EQ(::write(acks, &n, sizeof n), static_cast<ssize_t>(sizeof n));
  }
}

pid_t start_writer(const std::string& folder, std::uint64_t first, bool to_disk, int acks) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("TROUPE_TEST_WRITER_FOLDER", folder.c_str(), 1);
    ::setenv("TROUPE_TEST_WRITER_FIRST", std::to_string(first).c_str(), 1);
    ::setenv("TROUPE_TEST_WRITER_PIPE", std::to_string(acks).c_str(), 1);
    if (to_disk) {
      ::setenv("TROUPE_TEST_WRITER_DISK", "1", 1);
    }
    ::execl("/proc/self/exe", "store_test", "--gtest_filter=KilledWriter.Child", "--gtest_brief=1", nullptr);
    ::_exit(127);
  }
  return child;
}

/// The number of whole groups in the store, which must be 0, 1, 2, ... without a hole.
std::uint64_t count_whole(const std::string& folder) {
  const journal j{folder, open_mode::existing};
  std::uint64_t n = 0;
  j.for_each_group([&](const group& g) {
    EXPECT_EQ(g.id, numbered(n));
    EXPECT_EQ(j.find_sample({g.id, 0}), payload(n)) << "torn";
    EXPECT_EQ(j.find_prompt(g.id).value().index, n) << "torn";
    EXPECT_TRUE(j.find_judgement({g.id, 0})) << "torn";
    ++n;
    return true;
  });
  EXPECT_TRUE(j.verify().empty());
  EXPECT_EQ(j.find_sample({numbered(n), 0}), std::nullopt) << "torn: a sample without its group";
  return n;
}

/// TROUPE_CRASH_CYCLES: how many kills, half of them with each durability.
TEST(KilledWriter, LosesNothingAcknowledged) {
  const std::string folder = ::testing::TempDir() + "killed-" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  const char* wanted = std::getenv("TROUPE_CRASH_CYCLES");
  const int cycles = wanted == nullptr ? 20 : std::atoi(wanted);
  std::uint64_t stored = 0;
  for (int cycle = 0; cycle < cycles && !::testing::Test::HasFailure(); ++cycle) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = start_writer(folder, stored, cycle % 2 != 0, ends[1]);
    ASSERT_GT(child, 0);
    ::close(ends[1]);
    std::uint64_t last = 0;
    const int enough = 1 + cycle * 37 % 200; // acknowledgements before the kill: another moment each time
    for (int n = 0; n < enough; ++n) {
      ASSERT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last)) << "the writer ended by itself";
    }
    ::kill(child, SIGKILL);
    while (::read(ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) { // acknowledged before it died
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    stored = count_whole(folder);
    EXPECT_GT(stored, last) << "lost what was acknowledged, cycle " << cycle;
  }
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace troupe::store
