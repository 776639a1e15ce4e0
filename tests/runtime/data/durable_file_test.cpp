// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::data {
namespace {

class DurableFile : public testing::Test {
protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("troupe-durable-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string in_folder(const char* name) const { return (folder_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::filesystem::path folder_;
};

TEST_F(DurableFile, ReplacesTheWholeContentAndLeavesNothingElse) {
  write_file_durably(in_folder("a"), "a longer first content");
  write_file_durably(in_folder("a"), std::string("two\0parts", 9));
  EXPECT_EQ(read_file(in_folder("a")), std::string("two\0parts", 9));
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, PublishesAFileThatWasWrittenElsewhere) {
  write_file_durably(in_folder("a"), "old");
  write_file_durably(in_folder("part"), "new");
  publish_file(in_folder("part"), in_folder("a"));
  EXPECT_EQ(read_file(in_folder("a")), "new");
  EXPECT_EQ(files(), 1u);
  std::filesystem::create_directories(folder_ / "taken" / "inside");
  write_file_durably(in_folder("part"), "new");
  EXPECT_THROW(publish_file(in_folder("part"), in_folder("taken")), error);
  EXPECT_FALSE(std::filesystem::exists(in_folder("part")));
}

TEST_F(DurableFile, AFailureKeepsTheOldFileAndNoTemporaryOne) {
  std::filesystem::create_directories(folder_ / "taken" / "inside"); // a folder cannot be renamed over
  try {
    write_file_durably(in_folder("taken"), "x");
    FAIL() << "no error";
  } catch (const error& failed) {
    EXPECT_EQ(failed.code(), errc::failed);
    EXPECT_NE(std::string(failed.what()).find(in_folder("taken") + ": cannot be written"), std::string::npos);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(DurableFile, AMissingFileIsNotFound) {
  try {
    read_file(in_folder("none"));
    FAIL() << "no error";
  } catch (const error& failed) {
    EXPECT_EQ(failed.code(), errc::not_found);
  }
}

TEST_F(DurableFile, TheHashOfAFileIsThatOfItsBytes) {
  EXPECT_EQ(hash_bytes(""), 0x2d06800538d394c2ULL); // XXH3_64bits of nothing, as xxHash's own vectors have it
  const std::string content(3u << 20, 'x');         // longer than the piece it is read in
  write_file_durably(in_folder("big"), content);
  EXPECT_EQ(hash_file(in_folder("big")), hash_bytes(content));
}

} // namespace
} // namespace troupe::data
