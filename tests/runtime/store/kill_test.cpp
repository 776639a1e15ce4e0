// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"
#include "tests/reliability_log.hpp"
#include "tests/runtime/store/oracle.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

/// A child writes numbered transitions and reports each acknowledgement on a pipe until it is killed. The oracle is the
/// parent: every acknowledged one must be there, whole, once.
namespace troupe::store {
namespace {

constexpr int kills_a_store = 10; // every record is read after every kill

/// Run by the parent in a process of its own (never forked from one that uses RocksDB: threads do not survive a fork).
TEST(KilledWriter, Child) {
  const char* folder = std::getenv("TROUPE_TEST_WRITER_FOLDER");
  if (folder == nullptr) {
    GTEST_SKIP() << "is started by KilledWriter.LosesNothingAcknowledged...";
  }
  const int acks = std::atoi(std::getenv("TROUPE_TEST_WRITER_PIPE"));
  const bool to_disk = std::getenv("TROUPE_TEST_WRITER_DISK") != nullptr;
  journal j{folder, open_mode::create};
  for (std::uint64_t n = std::stoull(std::getenv("TROUPE_TEST_WRITER_FIRST"));; ++n) {
    j.commit(oracle::transition_of(n), to_disk ? durability::disk : durability::wal);
    ASSERT_EQ(::write(acks, &n, sizeof n), static_cast<ssize_t>(sizeof n));
  }
}

pid_t start_writer(const std::string& folder, std::uint64_t first, durability how, int acks) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("TROUPE_TEST_WRITER_FOLDER", folder.c_str(), 1);
    ::setenv("TROUPE_TEST_WRITER_FIRST", std::to_string(first).c_str(), 1);
    ::setenv("TROUPE_TEST_WRITER_PIPE", std::to_string(acks).c_str(), 1);
    if (how == durability::disk) {
      ::setenv("TROUPE_TEST_WRITER_DISK", "1", 1);
    }
    ::execl("/proc/self/exe", "store_test", "--gtest_filter=KilledWriter.Child", "--gtest_brief=1", nullptr);
    ::_exit(127);
  }
  return child;
}

/// Kills a writer that begins with transition `first` after `enough` acknowledgements; the number of the last one.
void kill_a_writer(const std::string& folder, std::uint64_t first, int enough, durability how, std::uint64_t& last) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0); // so that the writer is never more than 512 ahead of the kill
  const pid_t child = start_writer(folder, first, how, ends[1]);
  ASSERT_GT(child, 0);
  ::close(ends[1]);
  for (int n = 0; n < enough; ++n) {
    ASSERT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last)) << "the writer ended by itself";
  }
  ::kill(child, SIGKILL);
  while (::read(ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) { // acknowledged before it died
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
}

/// TROUPE_CRASH_CYCLES: how many kills for each durability.
void kill_again_and_again(const std::string& name, durability how) {
  const std::string folder = ::testing::TempDir() + "killed-" + name + "-" + std::to_string(::getpid());
  const auto cycles = size_from_environment("TROUPE_CRASH_CYCLES", 200);
  oracle::findings all;
  std::set<std::uint64_t> acknowledged;
  std::uint64_t stored = 0; // transitions below this number are there
  for (std::uint64_t cycle = 0; cycle < cycles && all.clean() && !::testing::Test::HasFailure(); ++cycle) {
    if (cycle % kills_a_store == 0) {
      std::filesystem::remove_all(folder);
      acknowledged.clear();
      stored = 0;
    }
    std::uint64_t last = 0;
    const int enough = static_cast<int>(1 + cycle * 37 % 200); // another moment each time
    kill_a_writer(folder, stored, enough, how, last);
    for (std::uint64_t n = stored; n <= last; ++n) {
      acknowledged.insert(n);
    }
    const journal j{folder, open_mode::existing};
    const auto found = oracle::examine(j, acknowledged, last + 2); // at most one was written and not acknowledged
    stored = found.present.empty() ? 0 : *found.present.rbegin() + 1;
    EXPECT_EQ(found.present.size(), stored) << "a hole, cycle " << cycle;
    EXPECT_LE(stored, last + 2) << "more than was written, cycle " << cycle;
    all.add(found);
  }
  EXPECT_EQ(all.lost, 0U);
  EXPECT_EQ(all.duplicated, 0U);
  EXPECT_EQ(all.torn, 0U);
  log_reliability("store, kill -9, " + name, cycles, all.lost, all.duplicated, all.torn);
  std::filesystem::remove_all(folder);
}

TEST(KilledWriter, LosesNothingAcknowledgedByWal) {
  kill_again_and_again("wal", durability::wal);
}

TEST(KilledWriter, LosesNothingAcknowledgedByDisk) {
  kill_again_and_again("disk", durability::disk);
}

} // namespace
} // namespace troupe::store
