// SPDX-License-Identifier: Apache-2.0
#include "tests/deploy/troupectl/cluster_fixture.hpp"

#include <gmock/gmock.h>

namespace troupe::ctl {
namespace {

using testing::HasSubstr;

class Contexts : public Cluster {};

TEST_F(Contexts, StandInForAPlace) {
  EXPECT_EQ(bare({"get", "workers"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("where? name a run directory with --run"));
  ASSERT_EQ(bare({"context", "add", "lab", "--endpoint", controller_->url(), "--keys", keys_}), 0) << err_.str();
  EXPECT_EQ(mode("troupe/contexts.json"), 0600U);
  EXPECT_EQ(bare({"why"}), 0) << err_.str();
  ASSERT_EQ(bare({"context", "add", "disk", "--run", made_.run.string()}), 0);
  EXPECT_EQ(bare({"why"}), 4) << "the one added last is in use, and it has no cluster";
  EXPECT_EQ(bare({"why", "--context", "lab"}), 0) << "a flag goes first";
  ::setenv("TROUPE_CONTEXT", "lab", 1);
  EXPECT_EQ(bare({"why"}), 0) << "then the variable";
  EXPECT_EQ(bare({"why", "--context", "disk"}), 4);
  EXPECT_EQ(bare({"why", "--run", made_.run.string()}), 4) << "a place goes before any name";
  ::unsetenv("TROUPE_CONTEXT");
  ASSERT_EQ(bare({"context", "use", "lab"}), 0);
  EXPECT_EQ(bare({"why"}), 0);
  EXPECT_EQ(bare({"pause", "--yes", "--as", "viewer"}), 1) << "--as goes before the context's";
}

TEST_F(Contexts, AreListedAndDeleted) {
  ASSERT_EQ(bare({"context", "add", "a", "--endpoint", "https://10.0.0.5:1", "--keys", "/k", "--as", "viewer"}), 0);
  ASSERT_EQ(bare({"context", "add", "b", "--run", "/r"}), 0);
  ASSERT_EQ(bare({"context", "list", "-o", "json"}), 0);
  EXPECT_EQ(json(), nlohmann::ordered_json::parse(R"([
    {"name":"a","current":false,"endpoint":"https://10.0.0.5:1","keys":"/k","as":"viewer"},
    {"name":"b","current":true,"run":"/r"}])"));
  ASSERT_EQ(bare({"context", "delete", "b"}), 0);
  EXPECT_EQ(err_.str(), "context in use: none\n");
  EXPECT_EQ(bare({"context", "use", "b"}), 3);
  EXPECT_THAT(err_.str(), HasSubstr("there is no context b; choose one of a"));
  EXPECT_EQ(bare({"status", "--context", "b"}), 3);
}

TEST_F(Contexts, WrongOnesAreRefused) {
  EXPECT_EQ(bare({"context", "add", "a"}), 2);
  EXPECT_EQ(bare({"context", "add", "a b", "--run", "/r"}), 2);
  EXPECT_EQ(bare({"context", "frob"}), 2);
  std::filesystem::create_directories(folder + "/troupe");
  std::ofstream{folder + "/troupe/contexts.json"} << "{\"contexts\":3}";
  EXPECT_EQ(bare({"context", "list"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("contexts.json is not as troupectl writes it"));
}

TEST_F(Contexts, RelativeFoldersAreKeptWhole) {
  ASSERT_EQ(bare({"context", "add", "here", "--run", "runs/x"}), 0);
  ASSERT_EQ(bare({"context", "list", "-o", "json"}), 0);
  EXPECT_EQ(json()[0]["run"], (std::filesystem::current_path() / "runs/x").string());
}

} // namespace
} // namespace troupe::ctl
