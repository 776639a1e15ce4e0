// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/wire/allow_list.hpp"
#include "runtime/wire/keys.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace troupe::wire {
namespace {

namespace fs = std::filesystem;

class key_folder : public KeyFolder {
protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name)} << text;
    fs::permissions(path(name), fs::perms::owner_read | fs::perms::owner_write);
  }
};

TEST_F(key_folder, APairIsReadAsItWasWritten) {
  const auto pair = make_key_pair();
  write_key_pair(folder, "learner-0", pair);
  const auto read = read_key_pair(folder + "/learner-0.curve");
  EXPECT_EQ(read.public_key, pair.public_key);
  EXPECT_EQ(read.secret_key, pair.secret_key);
  EXPECT_EQ(read_public_key(folder + "/learner-0.curve.pub"), pair.public_key);
  struct stat status {};
  ASSERT_EQ(::stat((folder + "/learner-0.curve").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_TRUE(is_key(pair.secret_key));
  EXPECT_NE(make_key_pair().secret_key, pair.secret_key);
}

TEST_F(key_folder, NothingIsOverwritten) {
  const auto pair = make_key_pair();
  write_key_pair(folder, "k", pair);
  EXPECT_EQ(refusal([&] { write_key_pair(folder, "k", make_key_pair()); }).first, errc::conflict);
  EXPECT_EQ(read_key_pair(folder + "/k.curve").public_key, pair.public_key);
  EXPECT_EQ(refusal([&] { write_key_pair(folder, "../k", pair); }).first, errc::invalid);
}

TEST_F(key_folder, ASecretThatOthersMayReadIsRefused) {
  write_key_pair(folder, "k", make_key_pair());
  const std::string path = folder + "/k.curve";
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  const auto [code, text] = refusal([&] { read_key_pair(path); });
  EXPECT_EQ(code, errc::invalid);
  EXPECT_NE(text.find("chmod 600 " + path), std::string::npos) << text;
}

TEST_F(key_folder, MalformedFilesAreRefused) {
  const auto one = make_key_pair();
  const auto other = make_key_pair();
  write("empty", "");
  write("short", "public-key abc\nsecret-key def\n");
  write("mixed", "public-key " + one.public_key + "\nsecret-key " + other.secret_key + "\n");
  for (const char* name : {"empty", "short", "mixed"}) {
    EXPECT_EQ(refusal([&] { read_key_pair(folder + "/" + name); }).first, errc::invalid) << name;
    EXPECT_EQ(refusal([&] { read_public_key(folder + "/" + name); }).first, errc::invalid) << name;
  }
  EXPECT_EQ(refusal([&] { read_key_pair(folder + "/none"); }).first, errc::not_found);
}

TEST_F(key_folder, AnAllowListIsReadAgainOnDemand) {
  const auto one = make_key_pair().public_key;
  const auto two = make_key_pair().public_key;
  write("allowed", "# who may connect\n\ngenerator generator-0 " + one + " # the first\n");
  const auto list = allow_list::from_file(folder + "/allowed");
  ASSERT_TRUE(list->find(one));
  EXPECT_EQ(list->find(one)->name, "generator-0");
  EXPECT_EQ(list->find(one)->as, role::generator);
  EXPECT_FALSE(list->find(two));
  EXPECT_FALSE(list->find(""));
  write("allowed", "learner learner-0 " + two + "\n");
  list->reload();
  EXPECT_FALSE(list->find(one));
  EXPECT_EQ(list->find(two)->as, role::learner);
  write("allowed", "nonsense\n");
  EXPECT_EQ(refusal([&] { list->reload(); }).first, errc::invalid);
  EXPECT_TRUE(list->find(two)); // as it was
}

TEST(AllowList, RefusalsNameTheLine) {
  const auto key = make_key_pair().public_key;
  for (const auto& bad : {"root r " + key, "learner ../x " + key, std::string{"learner x short"},
                          "learner x " + key + " more", "learner y " + key + "\nlearner x " + key}) {
    const auto [code, text] = refusal([&] { allow_list{"# first line\n" + bad, "file"}; });
    EXPECT_EQ(code, errc::invalid) << bad;
    EXPECT_EQ(text.rfind("file:", 0), 0U) << text;
  }
}

} // namespace
} // namespace troupe::wire
