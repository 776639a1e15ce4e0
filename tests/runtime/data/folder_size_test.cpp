// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/data/folder_size.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::data {
namespace {

TEST(FolderSize, IsThatOfAllFilesBelow) {
  const auto top = std::filesystem::temp_directory_path() / ("troupe-size-" + std::to_string(::getpid()));
  EXPECT_FALSE(folder_bytes(top.string()).has_value());
  std::filesystem::create_directories(top / "deep" / "deeper");
  EXPECT_EQ(folder_bytes(top.string()).value(), 0U);
  write_file_durably((top / "three").string(), "one");
  write_file_durably((top / "deep" / "deeper" / "five").string(), "two\n\n");
  EXPECT_EQ(folder_bytes(top.string()).value(), 8U); // 3 + 5
  std::filesystem::remove_all(top);
}

} // namespace
} // namespace troupe::data
