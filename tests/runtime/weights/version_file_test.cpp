// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/weights/version_file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <string>
#include <unistd.h>
#include <vector>

namespace troupe::weights {
namespace {

class VersionFile : public ::testing::Test {
protected:
  VersionFile() : words_(5000) {
    std::iota(words_.begin(), words_.end(), 7U);
    std::filesystem::create_directories(folder_);
    write(name_, words_, path_);
  }
  ~VersionFile() override { std::filesystem::remove_all(folder_); }
  void write(const version_name& name, const std::vector<std::uint32_t>& words, const std::string& path) {
    slots_.push_back(std::make_unique<version_slot>(path + ".new", words.size()));
    EXPECT_TRUE(slots_.back()->write(name, words, path));
  }

  std::string why_not(const version_name& expected) const {
    try {
      const version_file opened{path_, expected};
      return "";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::corrupt);
      return e.what();
    }
  }
  std::vector<std::uint32_t> read() const {
    const version_file opened{path_, name_};
    return {opened.words().begin(), opened.words().end()};
  }

  const std::string folder_ = ::testing::TempDir() + "version_file_" + std::to_string(::getpid());
  const std::string path_ = folder_ + "/2-40";
  const version_name name_{stage_index{2}, policy_version{40}};
  std::vector<std::uint32_t> words_;
  std::vector<std::unique_ptr<version_slot>> slots_;
};

TEST_F(VersionFile, IsReadAsItWasWrittenAndByItsOwnerAlone) {
  EXPECT_EQ(read(), words_);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 1);
}

TEST_F(VersionFile, StaysReadableWhenItIsRemovedOrReplaced) {
  const version_file opened{path_, name_};
  write({name_.stage, name_.version.next()}, std::vector<std::uint32_t>(10, 0U), path_);
  std::filesystem::remove(path_);
  EXPECT_EQ(opened.words()[4999], 5006U);
}

TEST_F(VersionFile, IsWrittenAnewOnlyWhenNobodyHasItMapped) {
  auto& slot = *slots_.back();
  const version_name next{name_.stage, name_.version.next()};
  const std::string elsewhere = folder_ + "/2-41";
  {
    const version_file opened{path_, name_};
    const version_file another{path_, name_};
    EXPECT_FALSE(slot.write(next, std::vector<std::uint32_t>(5000, 1U), elsewhere));
    EXPECT_EQ(opened.words()[4999], 5006U);
  }
  EXPECT_FALSE(slot.write(next, std::vector<std::uint32_t>(4999, 1U), elsewhere)); // of another size
  EXPECT_TRUE(slot.write(next, std::vector<std::uint32_t>(5000, 1U), elsewhere));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(version_file(elsewhere, next).words()[4999], 1U);
  EXPECT_EQ(version_file(elsewhere, next).checksum(), slot.checksum());
}

TEST_F(VersionFile, ASlotThatGoesTakesItsMemoryAlong) {
  const auto mappings = [&] {
    std::ifstream maps{"/proc/self/maps"};
    int found = 0;
    for (std::string line; std::getline(maps, line);) {
      found += line.find(folder_) != std::string::npos ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(mappings(), 1);
  slots_.clear();
  EXPECT_EQ(mappings(), 0);
}

TEST_F(VersionFile, OfAnotherVersionIsRefused) {
  EXPECT_EQ(why_not({name_.stage, policy_version{41}}), path_ + " holds version 40 of stage 2");
  EXPECT_NE(why_not({stage_index{1}, name_.version}), "");
}

TEST_F(VersionFile, DamagedOrTornIsRefused) {
  const auto whole = data::read_file(path_);
  const auto rewrite = [&](const std::string& bytes) { std::ofstream{path_, std::ios::binary} << bytes; };
  auto flipped = whole;
  flipped[whole.size() - 3] = static_cast<char>(flipped[whole.size() - 3] ^ 1);
  rewrite(flipped);
  EXPECT_EQ(why_not(name_), path_ + " does not match its checksum");
  rewrite(whole.substr(0, whole.size() - 4));
  EXPECT_EQ(why_not(name_), path_ + " is not whole");
  rewrite(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(why_not(name_), path_ + " is not whole");
  rewrite(whole.substr(0, 100));
  EXPECT_EQ(why_not(name_), path_ + " is shorter than its header: no version of the weights");
  rewrite("x" + whole.substr(1));
  EXPECT_EQ(why_not(name_), path_ + " is no version of the weights");
  std::filesystem::remove(path_);
  EXPECT_THROW(read(), error);
}

} // namespace
} // namespace troupe::weights
