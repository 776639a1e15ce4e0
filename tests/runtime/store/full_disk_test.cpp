// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"
#include "tests/runtime/store/oracle.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

namespace troupe::store {
namespace {

/// Commits transitions until one is refused with resource_exhausted; the number of that one.
std::uint64_t fill(journal& j, std::uint64_t from, durability how) {
  for (std::uint64_t n = from;; ++n) {
    try {
      j.commit(oracle::transition_of(n), how);
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::resource_exhausted) << e.what();
      return n;
    }
  }
}

/// RocksDB looks for space every five seconds: asks again until it has noticed, within a bound.
void commit_when_possible(journal& j, std::uint64_t n, durability how) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (true) {
    try {
      return j.commit(oracle::transition_of(n), how);
    } catch (const error& e) {
      ASSERT_EQ(e.code(), errc::resource_exhausted) << e.what();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "still refused: " << e.what();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

std::set<std::uint64_t> below(std::uint64_t n) {
  std::set<std::uint64_t> all;
  while (n > 0) {
    all.insert(--n);
  }
  return all;
}

/// Fills, reads, makes room, goes on, reopens: what was acknowledged is there, in the end as in between.
void fill_and_go_on(const std::string& folder, const storage& on, durability how, const std::function<void()>& fill_up,
                    const std::function<void()>& make_room) {
  std::uint64_t refused = 0;
  {
    journal j{folder, open_mode::create, on};
    j.commit(oracle::transition_of(0), how);
    EXPECT_EQ(j.not_ready(), "");
    fill_up();
    refused = fill(j, 1, how);
    EXPECT_NE(j.not_ready(), "");
    EXPECT_TRUE(oracle::examine(j, below(refused), refused).clean()) << "reads go on";
    make_room();
    commit_when_possible(j, refused, how);
    EXPECT_EQ(j.not_ready(), "");
    j.commit(oracle::transition_of(refused + 1), how);
  }
  const journal j{folder, open_mode::existing, on};
  EXPECT_TRUE(oracle::examine(j, below(refused + 2), refused + 2).clean());
  EXPECT_TRUE(j.verify().empty());
}

class FullDisk : public ::testing::TestWithParam<durability> {};

TEST_P(FullDisk, CommitsAreRefusedAndWorkAgainWhenThereIsSpace) {
  volatile_disk disk;
  fill_and_go_on(
      "/store", {&disk.env(), "boot"}, GetParam(), [&] { disk.limit(disk.used() + 300'000); },
      [&] { disk.limit(volatile_disk::unlimited); });
}

/// What a failing device was given may be gone from the kernel's memory too: the journal does not go on with it.
TEST_P(FullDisk, AfterADeviceFailedReadsGoOnAndANewJournalWrites) {
  volatile_disk disk;
  const storage on{&disk.env(), "boot"};
  std::uint64_t refused = 0;
  {
    journal j{"/store", open_mode::create, on};
    for (std::uint64_t n = 0; n < 5; ++n) {
      j.commit(oracle::transition_of(n), GetParam());
    }
    disk.break_writes(true);
    refused = fill(j, 5, GetParam());
    EXPECT_NE(j.not_ready(), "");
    EXPECT_TRUE(oracle::examine(j, below(refused), refused).clean());
    disk.break_writes(false);
    EXPECT_EQ(fill(j, refused, GetParam()), refused);
    EXPECT_NE(j.not_ready().find("start it again"), std::string::npos) << j.not_ready();
  }
  journal j{"/store", open_mode::existing, on};
  j.commit(oracle::transition_of(refused), GetParam());
  EXPECT_TRUE(oracle::examine(j, below(refused + 1), refused + 1).clean());
}

INSTANTIATE_TEST_SUITE_P(EachDurability, FullDisk, ::testing::Values(durability::wal, durability::disk),
                         [](const auto& chosen) { return chosen.param == durability::wal ? "Wal" : "Disk"; });

/// A small file system of the kernel's own, where the process may mount one. RocksDB goes on when 16 MB are free.
class small_tmpfs {
public:
  explicit small_tmpfs(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  ~small_tmpfs() {
    if (mounted_) {
      ::umount2(folder_.c_str(), MNT_DETACH);
    }
    std::error_code ignored; // a folder of the test's own in the temporary folder
    std::filesystem::remove_all(folder_, ignored);
  }
  small_tmpfs(const small_tmpfs&) = delete;
  small_tmpfs& operator=(const small_tmpfs&) = delete;
  bool mounted() const { return mounted_; }

private:
  std::string folder_;
  bool mounted_ = false;
};

TEST(FullTmpfs, CommitsAreRefusedAndWorkAgainWhenThereIsSpace) {
  const std::string folder = ::testing::TempDir() + "full-" + std::to_string(::getpid());
  const small_tmpfs files{folder};
  if (!files.mounted()) {
    GTEST_SKIP() << "SKIPPED: mounting a small tmpfs needs root; FullDisk tests the same on a simulated disk";
  }
  const auto ballast = folder + "/ballast";
  fill_and_go_on(
      folder + "/store", {}, durability::disk,
      [&] {
        std::ofstream file{ballast, std::ios::binary};
        const std::string piece(1 << 16, 'x');
        while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) { // until it is full
        }
      },
      [&] { std::filesystem::remove(ballast); });
}

} // namespace
} // namespace troupe::store
