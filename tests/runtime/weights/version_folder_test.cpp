// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/weights/version_folder.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace troupe::weights {
namespace {

namespace fs = std::filesystem;

class VersionFolder : public ::testing::Test {
protected:
  VersionFolder() { fs::create_directories(parent_); }
  ~VersionFolder() override { fs::remove_all(parent_); }
  std::size_t folders() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator{parent_}, {})); }

  const std::string parent_ = ::testing::TempDir() + "version_folder_" + std::to_string(::getpid());
  const version_name name_{stage_index{2}, policy_version{40}};
  const std::vector<std::uint32_t> words_{1, 2, 3};
};

TEST_F(VersionFolder, HoldsTheFilesThatAreKeptAndGoesWithItsOwner) {
  std::optional<version_folder> folder{std::in_place, parent_, incarnation{1, 2}};
  EXPECT_EQ(fs::status(folder->path()).permissions(), fs::perms::owner_all);
  const auto first = folder->add(1, name_, words_);
  EXPECT_EQ(version_file(first.path, name_).checksum(), first.checksum);
  EXPECT_EQ(folder->add(1, name_, words_).path, first.path);
  const auto second = folder->add(2, name_, words_);
  EXPECT_NE(second.path, first.path);
  folder->keep_only({2});
  EXPECT_FALSE(folder->has(1));
  EXPECT_TRUE(folder->has(2));
  EXPECT_EQ(folder->add(3, name_, words_).path, folder->path() + "/3"); // in the memory of the first
  EXPECT_FALSE(fs::exists(first.path));
  EXPECT_TRUE(fs::exists(second.path));
  folder.reset();
  EXPECT_EQ(folders(), 0U);
}

TEST_F(VersionFolder, WritesFilesAnewInsteadOfTakingMoreMemory) {
  version_folder folder{parent_, incarnation{1, 2}};
  std::set<std::uintmax_t> files;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    folder.keep_only({i});
    const version_file reader{folder.add(i, name_, words_).path, name_}; // still there when the next is written
    folder.keep_only({});
    folder.add(i + 100, name_, words_);
    files.insert(static_cast<std::uintmax_t>(std::distance(fs::directory_iterator{folder.path()}, {})));
  }
  EXPECT_LE(*files.rbegin(), 3U); // one that is kept, two spare
}

TEST_F(VersionFolder, ReadersThatStayTakeTheMemoryTheyHoldAndNoMore) {
  version_folder folder{parent_, incarnation{1, 2}};
  std::vector<std::unique_ptr<version_file>> readers;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    folder.keep_only({});
    readers.push_back(std::make_unique<version_file>(folder.add(i, name_, words_).path, name_));
    EXPECT_LE(std::distance(fs::directory_iterator{folder.path()}, {}), 3); // one that is kept, two spare
  }
  EXPECT_EQ(readers.front()->words()[2], 3U); // though its file is gone
}

TEST_F(VersionFolder, WhatAKilledProcessLeftGoesAndWhatALivingOneHasStays) {
  const auto pid = ::fork();
  if (pid == 0) {
    const version_folder left{parent_, {6, 6}};
    std::ofstream{left.path() + "/1"} << "words";
    ::_exit(0); // as a kill: nothing is cleaned up
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_EQ(folders(), 1U);
  const version_folder living{parent_, {7, 7}};
  EXPECT_EQ(folders(), 1U);
  const version_folder another{parent_, {8, 8}};
  EXPECT_TRUE(fs::exists(living.path()));
  EXPECT_EQ(folders(), 2U);
}

TEST_F(VersionFolder, FilesAndFoldersOfOthersAreLeftAlone) {
  fs::create_directories(parent_ + "/troupe-other");
  std::ofstream{parent_ + "/troupe-" + std::to_string(::getuid()) + "-file"} << "x";
  const version_folder made{parent_, {7, 7}};
  EXPECT_EQ(folders(), 3U);
}

TEST_F(VersionFolder, WithoutItsParentIsAnError) {
  EXPECT_THROW((version_folder{"/nowhere", {1, 1}}), error);
}

TEST(HostName, IsTheSameEachTimeAndWithoutALineBreak) {
  EXPECT_EQ(host_name().find('\n'), std::string::npos);
  EXPECT_EQ(host_name(), host_name());
}

} // namespace
} // namespace troupe::weights
