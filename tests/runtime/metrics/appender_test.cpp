// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/appender.hpp"
#include "tests/runtime/metrics/full_disk.hpp"

#include <gtest/gtest.h>

namespace troupe::metrics {
namespace {

class Appender : public testing::Test {
protected:
  Appender() { std::filesystem::remove(place_); }
  ~Appender() override { std::filesystem::remove(place_); }
  std::string read() const { return data::read_file(place_.string()); }

  std::filesystem::path place_ =
      std::filesystem::temp_directory_path() / ("troupe-appender-" + std::to_string(::getpid()));
};

TEST_F(Appender, WhatADiskDoesNotTakeIsWrittenInOrderOnceItDoes) {
  appender file{place_};
  file.append("one\n");
  {
    const full_disk full{6};
    file.append("two\n"); // two of its bytes fit
    file.append("three\n");
    EXPECT_EQ(file.kept(), 2U);
    EXPECT_FALSE(file.problem().empty());
    EXPECT_EQ(read(), "one\ntw");
  }
  file.append("four\n");
  EXPECT_EQ(file.kept(), 0U);
  EXPECT_EQ(file.lost(), 0U);
  EXPECT_EQ(read(), "one\ntwo\nthree\nfour\n");
}

TEST_F(Appender, WhatNeverFitsIsCountedAndNoHalfEntryStays) {
  appender file{place_};
  file.append("one\n");
  const full_disk full{6};
  file.append("two\n");
  file.append("three\n");
  file.close();
  EXPECT_EQ(file.lost(), 2U);
  EXPECT_EQ(read(), "one\n");
}

TEST_F(Appender, MemoryIsBounded) {
  appender file{place_};
  const std::string half(appender::memory_max / 2, 'x');
  {
    const full_disk full{0};
    for (int i = 0; i < 4; ++i) {
      file.append(half);
    }
    EXPECT_EQ(file.kept(), 2U);
    EXPECT_EQ(file.lost(), 2U);
  }
  file.append("y");
  EXPECT_EQ(file.lost(), 2U);
  EXPECT_EQ(std::filesystem::file_size(place_), appender::memory_max + 1);
}

TEST_F(Appender, AFileThatCannotBeOpenedIsNamed) {
  try {
    appender{"/no/such/folder/file"};
    FAIL() << "opened it";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "cannot append to /no/such/folder/file: No such file or directory");
  }
}

} // namespace
} // namespace troupe::metrics
