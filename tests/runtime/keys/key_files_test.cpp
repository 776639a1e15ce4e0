// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/key_files.hpp"
#include "runtime/keys/openssl.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <openssl/x509v3.h>

namespace troupe::keys {
namespace {

constexpr std::time_t day = 86400;

class KeyFiles : public KeyFolder {
protected:
  KeyFiles() {
    write_certified_key(folder, ca_name, ca);
    write_certified_key(folder, "g", issue(ca, "g", wire::role::generator, {"localhost", "10.0.0.5", "::1"}));
  }

  std::string read_refusal(const std::string& name = "g", std::time_t now = std::time(nullptr)) {
    const auto [code, text] = refusal([&] { read_credentials(folder, name, now); });
    EXPECT_EQ(code, errc::invalid) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
    return text;
  }

  const certified_key ca = make_ca();
};

TEST_F(KeyFiles, AreReadAsTheyWereWritten) {
  const auto read = read_credentials(folder, "g");
  EXPECT_EQ(read.who.name, "g");
  EXPECT_EQ(read.who.as, wire::role::generator);
  EXPECT_EQ(read.ca_certificate, ca.certificate);
  EXPECT_TRUE(read.own.private_key.starts_with("-----BEGIN PRIVATE KEY-----")); // PKCS8
  EXPECT_EQ(read_ca(folder).private_key, ca.private_key);
  EXPECT_EQ(mode("g.key"), 0600U);
  EXPECT_EQ(mode("ca.key"), 0600U);
}

TEST_F(KeyFiles, AreNeverOverwritten) {
  const auto before = content("g.key");
  const auto again = [&] { write_certified_key(folder, "g", issue(ca, "g", wire::role::learner, {})); };
  EXPECT_EQ(refusal(again).first, errc::conflict);
  EXPECT_EQ(content("g.key"), before);
  std::filesystem::remove(path("g.key")); // the certificate alone stands in the way as well, and no key is left behind
  EXPECT_EQ(refusal(again).first, errc::conflict);
  EXPECT_FALSE(std::filesystem::exists(path("g.key")));
}

TEST_F(KeyFiles, AKeyThatOthersMayReadIsRefused) {
  for (const auto bit : {std::filesystem::perms::group_read, std::filesystem::perms::others_read}) {
    std::filesystem::permissions(path("g.key"), std::filesystem::perms::owner_read | bit);
    EXPECT_NE(read_refusal().find("run: chmod 600 " + path("g.key")), std::string::npos);
  }
  std::filesystem::permissions(path("ca.key"), std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_NE(refusal([&] { read_ca(folder); }).second.find("chmod 600 " + path("ca.key")), std::string::npos);
}

TEST_F(KeyFiles, ACertificateHasItsTime) {
  const auto now = std::time(nullptr);
  EXPECT_NO_THROW(read_credentials(folder, "g", now + 364 * day));
  EXPECT_NE(read_refusal("g", now + 366 * day).find(path("g.crt") + " expired on "), std::string::npos);
  EXPECT_NE(read_refusal("g", now - day).find("clock"), std::string::npos);
  EXPECT_NE(refusal([&] { read_ca(folder, now + 3651 * day); }).second.find(path("ca.crt") + " expired on "),
            std::string::npos);
}

TEST(Certificate, OfAMemberSignsNoOthers) {
  const auto authority = make_ca();
  const auto ca = parse_certificate(authority.certificate, "ca");
  const auto member = parse_certificate(issue(authority, "m", wire::role::generator, {}).certificate, "m");
  EXPECT_EQ(X509_check_ca(ca.get()), 1);
  EXPECT_EQ(X509_get_pathlen(ca.get()), 0); // no authority below it
  EXPECT_EQ(X509_check_ca(member.get()), 0);
  EXPECT_EQ(X509_get_key_usage(member.get()), KU_DIGITAL_SIGNATURE);
  EXPECT_EQ(X509_get_extended_key_usage(member.get()), XKU_SSL_SERVER | XKU_SSL_CLIENT);
}

TEST(Certificate, EndsWithItsAuthority) {
  const auto short_lived = make_ca(10);
  const auto ca = parse_certificate(short_lived.certificate, "ca");
  const auto long_wanted = parse_certificate(issue(short_lived, "b", wire::role::buffer, {}, 365).certificate, "b");
  const auto short_wanted = parse_certificate(issue(short_lived, "b", wire::role::buffer, {}, 5).certificate, "b");
  EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(long_wanted.get()), X509_get0_notAfter(ca.get())), 0);
  EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(short_wanted.get()), X509_get0_notAfter(ca.get())), -1);
}

TEST_F(KeyFiles, ACertificateOfAnotherAuthorityIsRefused) {
  write_certified_key(folder, "stranger", issue(make_ca(), "stranger", wire::role::learner, {}));
  EXPECT_NE(read_refusal("stranger").find("is not of the authority in " + path("ca.crt")), std::string::npos);
}

TEST_F(KeyFiles, WhatAMemberSignsIsRefused) {
  const auto member = issue(ca, "m", wire::role::generator, {});
  auto forged = issue(member, "forged", wire::role::admin_operate, {});
  forged.certificate += member.certificate; // as a peer would send the chain
  write_certified_key(folder, "forged", forged);
  EXPECT_NE(read_refusal("forged").find("is not of the authority"), std::string::npos);
}

TEST_F(KeyFiles, AKeyOfAnotherCertificateIsRefused) {
  auto mixed = issue(ca, "x", wire::role::learner, {});
  mixed.private_key = issue(ca, "x", wire::role::learner, {}).private_key;
  write_certified_key(folder, "x", mixed);
  EXPECT_NE(read_refusal("x").find(path("x.key") + " is not the key of " + path("x.crt")), std::string::npos);
}

TEST_F(KeyFiles, ACertificateUnderAnotherNameIsRefused) {
  write_certified_key(folder, "learner-0", issue(ca, "g", wire::role::generator, {}));
  EXPECT_NE(read_refusal("learner-0").find("is of g, not of learner-0"), std::string::npos);
}

TEST_F(KeyFiles, WhatIsNoKeyIsRefused) {
  std::ofstream{path("g.crt")} << "nonsense";
  EXPECT_NE(read_refusal().find(path("g.crt") + " holds no certificate"), std::string::npos);
  EXPECT_EQ(refusal([&] { read_credentials(folder, "nobody"); }).first, errc::not_found);
}

TEST(Certificate, SaysWhoItIs) {
  const auto ca = make_ca();
  for (int r = 0; r <= static_cast<int>(wire::role::admin_operate); ++r) {
    const auto as = static_cast<wire::role>(r);
    const auto who = role_of(issue(ca, "member-" + std::to_string(r), as, {}).certificate);
    EXPECT_EQ(who.name, "member-" + std::to_string(r));
    EXPECT_EQ(who.as, as);
  }
  EXPECT_EQ(refusal([&] { role_of(ca.certificate, "ca.crt"); }).first, errc::invalid);
}

TEST(Certificate, RefusesNamesAndHostsThatAreNone) {
  const auto ca = make_ca();
  for (const auto& name : std::vector<std::string>{"", "../g", "a b", std::string(65, 'x')}) {
    EXPECT_EQ(refusal([&] { issue(ca, name, wire::role::learner, {}); }).first, errc::invalid) << name;
  }
  for (const char* host : {"", "a,DNS:evil", "10.0.0", "10.0.0.5:80", "*", "a..b", "-a"}) {
    EXPECT_EQ(refusal([&] { issue(ca, "g", wire::role::learner, {host}); }).first, errc::invalid) << host;
  }
  const certified_key torn{ca.certificate, make_ca().private_key};
  EXPECT_EQ(refusal([&] { issue(torn, "g", wire::role::learner, {}); }).first, errc::invalid);
}

} // namespace
} // namespace troupe::keys
