// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/data/folder_hash.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::data {
namespace {

TEST(FolderHash, DependsOnNamesAndBytesOfTheFilesAlone) {
  const auto top = std::filesystem::temp_directory_path() / ("troupe-folder-" + std::to_string(::getpid()));
  const auto make = [&](const char* name, const char* first, const char* a, const char* second, const char* b) {
    const auto folder = top / name;
    std::filesystem::create_directories(folder / "a folder does not count");
    write_file_durably((folder / first).string(), a);
    write_file_durably((folder / second).string(), b);
    return manifest_hash(folder.string());
  };
  const auto original = make("1", "x", "one", "y", "two");
  EXPECT_EQ(make("2", "y", "two", "x", "one"), original) << "not on the order of writing";
  EXPECT_NE(make("3", "x", "one", "y", "twO"), original);
  EXPECT_NE(make("4", "x", "one", "z", "two"), original);
  EXPECT_NE(make("5", "x", "onet", "y", "wo"), original);
  EXPECT_THROW(manifest_hash((top / "6").string()), error);
  std::filesystem::remove_all(top);
}

} // namespace
} // namespace troupe::data
