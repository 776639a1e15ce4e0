// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/key_folder.hpp"
#include "runtime/wire/allow_list.hpp"
#include "runtime/wire/keys.hpp"
#include "tests/runtime/keys/key_folder.hpp"

namespace troupe::keys {
namespace {

class KeyFolderFilled : public KeyFolder {
protected:
  /// Every file and its content.
  std::map<std::string, std::string> listing() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto name = entry.path().filename().string();
      all[name] = content(name);
    }
    return all;
  }
};

TEST_F(KeyFolderFilled, HasEveryMember) {
  const auto report = fill_key_folder(folder, {});
  EXPECT_TRUE(report.ca);
  EXPECT_TRUE(report.found.empty());
  // controller, buffer, learner-0, generator-0, verifier-0, admin, viewer
  ASSERT_EQ(report.made.size(), 7U);
  const auto list = wire::allow_list::from_file(path("allow-list"));
  for (const auto& who : members({})) {
    EXPECT_EQ(read_credentials(folder, who.name).who.as, who.as) << who.name;
    const auto pair = wire::read_key_pair(path(who.name + ".curve"));
    const auto entry = list->find(pair.public_key);
    ASSERT_TRUE(entry) << who.name;
    EXPECT_EQ(entry->name, who.name);
    EXPECT_EQ(entry->as, who.as);
    EXPECT_EQ(mode(who.name + ".key"), 0600U);
    EXPECT_EQ(mode(who.name + ".curve"), 0600U);
  }
  EXPECT_EQ(read_credentials(folder, "admin").who.as, wire::role::admin_operate);
  EXPECT_EQ(read_credentials(folder, "viewer").who.as, wire::role::admin_read);
  EXPECT_EQ(listing().size(), 2U + 7 * 4 + 1); // ca.key and ca.crt, four files a member, the list
}

TEST_F(KeyFolderFilled, GrowsAndKeepsWhatIsThere) {
  fill_key_folder(folder, {});
  const auto before = listing();
  const auto report = fill_key_folder(folder, {.generators = 3});
  EXPECT_FALSE(report.ca);
  EXPECT_EQ(report.made, (std::vector<std::string>{"generator-1", "generator-2"}));
  const auto after = listing();
  EXPECT_EQ(after.size(), before.size() + 2 * 4);
  for (const auto& [name, bytes] : before) {
    if (name != "allow-list") {
      EXPECT_EQ(after.at(name), bytes) << name;
    }
  }
  EXPECT_TRUE(after.at("allow-list").starts_with(before.at("allow-list")));
  EXPECT_EQ(read_credentials(folder, "generator-2").who.as, wire::role::generator);
  fill_key_folder(folder, {});
  EXPECT_EQ(listing(), after); // fewer: nothing to do
}

TEST_F(KeyFolderFilled, ARevokedKeyStaysOffTheList) {
  fill_key_folder(folder, {});
  const auto key = wire::read_public_key(path("generator-0.curve.pub"));
  std::ofstream{path("allow-list")} << "# only me\nlearner learner-0 " +
                                           wire::read_public_key(path("learner-0.curve.pub"));
  fill_key_folder(folder, {.generators = 2});
  const auto list = wire::allow_list::from_file(path("allow-list"));
  EXPECT_FALSE(list->find(key));
  EXPECT_TRUE(list->find(wire::read_public_key(path("learner-0.curve.pub"))));
  EXPECT_TRUE(list->find(wire::read_public_key(path("generator-1.curve.pub"))));
}

TEST_F(KeyFolderFilled, ALostListIsMadeOfTheKeysThatAreThere) {
  fill_key_folder(folder, {});
  std::filesystem::remove(path("allow-list"));
  fill_key_folder(folder, {});
  EXPECT_TRUE(wire::allow_list::from_file(path("allow-list"))->find(wire::read_public_key(path("viewer.curve.pub"))));
}

TEST_F(KeyFolderFilled, HalfOfAPairIsRefusedBeforeAnythingIsMade) {
  fill_key_folder(folder, {});
  std::filesystem::remove(path("buffer.crt"));
  const auto before = listing();
  const auto [code, text] = refusal([&] { fill_key_folder(folder, {.generators = 5}); });
  EXPECT_EQ(code, errc::invalid);
  EXPECT_NE(text.find(path("buffer.key") + " is there without " + path("buffer.crt")), std::string::npos) << text;
  EXPECT_EQ(listing(), before);
}

TEST_F(KeyFolderFilled, NothingIsSignedWithoutTheAuthoritysKey) {
  fill_key_folder(folder, {});
  std::filesystem::remove(path("ca.key"));
  EXPECT_NO_THROW(fill_key_folder(folder, {})); // nothing to sign
  const auto [code, text] = refusal([&] { fill_key_folder(folder, {.verifiers = 2}); });
  EXPECT_EQ(code, errc::invalid);
  EXPECT_NE(text.find(path("ca.key")), std::string::npos) << text;
  EXPECT_FALSE(std::filesystem::exists(path("ca.key")));
}

TEST_F(KeyFolderFilled, ABadHostLeavesNothingBehind) {
  EXPECT_EQ(refusal([&] { fill_key_folder(folder, {.hosts = {"10.0.0.5:7400"}}); }).first, errc::invalid);
  EXPECT_TRUE(listing().empty());
}

TEST_F(KeyFolderFilled, AFolderThatOthersMayEnterIsRefused) {
  std::filesystem::permissions(folder, std::filesystem::perms::group_exec, std::filesystem::perm_options::add);
  EXPECT_NE(refusal([&] { fill_key_folder(folder, {}); }).second.find("chmod 700 " + folder), std::string::npos);
  const auto inner = folder + "/deep/keys";
  fill_key_folder(inner, {.learners = 0, .generators = 0, .verifiers = 0});
  EXPECT_EQ(mode("deep/keys"), 0700U);
}

} // namespace
} // namespace troupe::keys
