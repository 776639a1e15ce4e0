// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"

#include "runtime/error.hpp"
#include "runtime/store/envelope.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::store {
namespace {

/// A folder of its own that goes with the test.
class Journal : public ::testing::Test {
protected:
  Journal() : folder_(::testing::TempDir() + "journal-" + std::to_string(::getpid()) + "-" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~Journal() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

group numbered(std::uint64_t cursor) {
  group g{.id = {stage_index{1}, purpose::train, cursor, 0}, .task = "addition"};
  g.members.resize(2);
  return g;
}

errc code_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const error& e) {
    return e.code();
  }
  return errc{};
}

TEST_F(Journal, WhatWasWrittenIsThereAfterReopening) {
  {
    journal j{folder_, open_mode::create};
    write w;
    w.groups = {numbered(2), numbered(10)};
    w.step = step_record{.stage = stage_index{1}, .version = policy_version{1}, .groups = {numbered(2).id}};
    w.settings = {{"epoch", "3"}};
    j.commit(w, durability::disk);
  }
  const journal j{folder_, open_mode::existing};
  EXPECT_EQ(j.find_group(numbered(10).id), numbered(10));
  EXPECT_EQ(j.steps(stage_index{1}).at(0).groups.at(0), numbered(2).id);
  EXPECT_EQ(j.setting("epoch"), "3");
  std::vector<std::uint64_t> order;
  j.for_each_group([&](const group& g) {
    order.push_back(g.id.cursor);
    return true;
  });
  EXPECT_EQ(order, (std::vector<std::uint64_t>{2, 10})); // big-endian: 2 before 10
}

TEST_F(Journal, AFolderThatIsNoStoreIsRefused) {
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::not_found);
  std::filesystem::create_directories(folder_);
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::invalid);
}

TEST_F(Journal, AStoreInUseIsRefused) {
  const journal j{folder_, open_mode::create};
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::read_only}; }), errc::unavailable);
}

TEST_F(Journal, ANewerFormatIsRefused) {
  {
    journal j{folder_, open_mode::create};
    j.commit({.settings = {{"format_version", "999"}}}, durability::disk);
  }
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::invalid);
}

TEST(Envelope, EveryFlippedByteIsFound) {
  const std::string sealed = seal("a payload");
  EXPECT_EQ(unseal(sealed, "here"), "a payload");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] ^= 1;
    EXPECT_EQ(code_of([&] { unseal(damaged, "here"); }), errc::corrupt) << i;
  }
}

/// A child writes and reports each acknowledgement on a pipe until it is killed; every acknowledged group must be there.
TEST_F(Journal, KillingTheWriterLosesNothingAcknowledged) {
  const char* wanted = std::getenv("TROUPE_CRASH_CYCLES");
  const int cycles = wanted == nullptr ? 10 : std::atoi(wanted);
  std::uint64_t acknowledged = 0;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      journal j{folder_, open_mode::create};
      for (std::uint64_t i = acknowledged;; ++i) {
        j.commit({.groups = {numbered(i)}}, cycle % 2 == 0 ? durability::wal : durability::disk);
        if (::write(ends[1], &i, sizeof i) != sizeof i) {
          ::_exit(1);
        }
      }
    }
    ::close(ends[1]);
    std::uint64_t last = 0;
    for (int n = 0; n < 20 + cycle * 7; ++n) {
      ASSERT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    }
    ::kill(child, SIGKILL);
    while (::read(ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    acknowledged = last + 1;
    const journal j{folder_, open_mode::existing};
    std::uint64_t expected = 0;
    j.for_each_group([&](const group& g) {
      EXPECT_EQ(g.id.cursor, expected++); // no hole, no duplicate
      return true;
    });
    EXPECT_GE(expected, acknowledged) << "cycle " << cycle;
    EXPECT_TRUE(j.verify().empty());
  }
}

} // namespace
} // namespace troupe::store
