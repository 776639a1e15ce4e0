// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/cluster_routes.hpp"
#include "runtime/http/client.hpp"
#include "runtime/keys/key_folder.hpp"
#include "tests/deploy/admin/fake_cluster.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace troupe::admin {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ClusterRoutes : public KeyFolder {
protected:
  ClusterRoutes() : audit_(folder) {
    keys::fill_key_folder(folder + "/keys", {});
    server_ = std::make_unique<http::server>(http::server::options{.keys = of("controller")});
    add_cluster_routes(*server_, cluster_, audit_);
    server_->start();
  }
  keys::credentials of(const std::string& name) const { return keys::read_credentials(folder + "/keys", name); }
  http::client as(const std::string& name) const {
    return http::client{{.url = server_->url(), .keys = of(name), .of = {wire::role::controller}}};
  }
  std::vector<json> audited() const {
    std::vector<json> lines;
    std::ifstream file{folder + "/audit.jsonl"};
    for (std::string line; std::getline(file, line);) {
      lines.push_back(json::parse(line));
    }
    return lines;
  }

  fake_cluster cluster_;
  audit_log audit_;
  std::unique_ptr<http::server> server_;
};

TEST_F(ClusterRoutes, ViewersMayLook) {
  EXPECT_EQ(json::parse(as("viewer").get("/v1/cluster").body), cluster_.cluster());
  EXPECT_EQ(json::parse(as("admin").get("/v1/why").body)["summary"], "waits for generator-0");
  EXPECT_EQ(json::parse(as("viewer").get("/v1/logs?name=generator-0&lines=7").body)["lines"][0], "the last 7");
  EXPECT_EQ(json::parse(as("viewer").get("/v1/logs?name=generator-0").body)["lines"][0], "the last 100");
  EXPECT_THAT(audited(), IsEmpty()) << "who looks changes nothing";
}

TEST_F(ClusterRoutes, ViewersMayNotGiveOrders) {
  const auto answer = as("viewer").post("/v1/pause", "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr("viewer (admin_read) may not order /v1/pause; the keys of admin may"));
  EXPECT_THAT(cluster_.told, IsEmpty());
  ASSERT_EQ(audited().size(), 1U) << "that somebody tried is recorded";
  EXPECT_EQ(audited()[0]["who"], "viewer");
  EXPECT_THAT(audited()[0]["outcome"].get<std::string>(), HasSubstr("may not order"));
}

TEST_F(ClusterRoutes, MembersMayDoNeither) {
  for (const char* name : {"generator-0", "buffer", "learner-0"}) {
    EXPECT_EQ(as(name).get("/v1/cluster").status, 403) << name;
    EXPECT_EQ(as(name).post("/v1/resume", "{}").status, 403) << name;
  }
  EXPECT_THAT(cluster_.told, IsEmpty());
}

TEST_F(ClusterRoutes, OrdersReachTheClusterAndTheRecord) {
  const auto admin = as("admin");
  EXPECT_EQ(admin.post("/v1/drain", R"({"name":"generator-0"})").status, 200);
  EXPECT_EQ(json::parse(admin.post("/v1/pause", "").body)["state"], "paused");
  EXPECT_EQ(admin.post("/v1/resume", "{}").status, 200);
  EXPECT_EQ(admin.post("/v1/scale", R"({"role":"generator","n":4})").status, 200);
  EXPECT_EQ(admin.post("/v1/settings", R"({"key":"max_staleness","value":2})").status, 200);
  EXPECT_THAT(cluster_.told, ElementsAre("admin: drain generator-0", "admin: pause", "admin: resume",
                                         "admin: scale generator 4", "admin: set max_staleness 2"));
  const auto lines = audited();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0]["verb"], "drain");
  EXPECT_EQ(lines[0]["arguments"], json::parse(R"({"name":"generator-0"})"));
  EXPECT_EQ(lines[0]["outcome"], "done");
  EXPECT_EQ(lines[0]["who"], "admin");
  EXPECT_THAT(lines[0]["from"].get<std::string>(), testing::StartsWith("127.0.0.1:"));
  EXPECT_THAT(lines[0]["time"].get<std::string>(),
              testing::MatchesRegex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
  EXPECT_EQ(mode("audit.jsonl"), 0600U);
}

TEST_F(ClusterRoutes, WhatCannotBeIsRefused) {
  const auto admin = as("admin");
  const auto post = [&](const std::string& path, const std::string& body) {
    const auto answer = admin.post(path, body);
    return std::pair{answer.status, http::error_in(answer, "it").what() + std::string()};
  };
  EXPECT_EQ(post("/v1/drain", "{").first, 400);
  EXPECT_EQ(post("/v1/drain", "[]").first, 400);
  EXPECT_EQ(post("/v1/drain", "{}").second, "/v1/drain: the body has no \"name\"");
  EXPECT_EQ(post("/v1/drain", R"({"name":1})").second, "/v1/drain: \"name\" must be a text");
  EXPECT_EQ(post("/v1/drain", R"({"name":"generator-0","now":true})").first, 400);
  EXPECT_EQ(post("/v1/scale", R"({"role":"generator","n":-1})").first, 400);
  EXPECT_EQ(post("/v1/scale", R"({"role":"generator","n":1e30})").first, 400);
  EXPECT_EQ(post("/v1/scale", R"({"role":"generator","n":1025})").second,
            "/v1/scale: \"n\" must be a whole number from 0 to 1024")
      << "as many as a recipe may have";
  const auto [status, words] = post("/v1/scale", R"({"role":"genrator","n":1})");
  EXPECT_EQ(status, 404);
  EXPECT_EQ(words, "there is no role genrator; did you mean generator?");
  EXPECT_EQ(post("/v1/drain", R"({"name":"generator-9"})").first, 404);
  EXPECT_EQ(post("/v1/settings", R"({"key":"max_stalenes","value":2})").second,
            "there is no setting max_stalenes; did you mean max_staleness?");
  EXPECT_EQ(post("/v1/pause", "{}").first, 200);
  EXPECT_EQ(post("/v1/pause", "{}").first, 409);
  EXPECT_EQ(admin.get("/v1/logs").status, 400);
  EXPECT_EQ(admin.get("/v1/logs?name=x&lines=0").status, 400);
  EXPECT_EQ(admin.get("/v1/logs?name=x&lines=10001").status, 400);
  EXPECT_EQ(admin.get("/v1/pause").status, 405);
  EXPECT_THAT(cluster_.told, ElementsAre("admin: pause"));
}

TEST_F(ClusterRoutes, AnOrderThatCannotBeRecordedIsNotAnsweredAsDone) {
  ASSERT_EQ(::mkdir(path("audit.jsonl").c_str(), 0700), 0);
  const auto answer = as("admin").post("/v1/pause", "{}");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("pause is not recorded"));
}

} // namespace
} // namespace troupe::admin
