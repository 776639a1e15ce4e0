// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/bounded_text.hpp"
#include "deploy/admin/store_reading.hpp"
#include "runtime/http/client.hpp"
#include "runtime/keys/key_folder.hpp"
#include "tests/deploy/troupectl/hand_made_store.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace troupe::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class StoreReading : public KeyFolder {
protected:
  StoreReading() : made_("troupe-store-reading") {
    made_.write();
    std::filesystem::create_directories(made_.run / "copies" / "http-0"); // of a process that was killed
    keys::fill_key_folder(folder + "/keys", {});
    owner_ = std::make_unique<store::journal>(made_.store(), store::open_mode::existing);
    reading_ = std::make_unique<store_reading>(made_.run.string(), *owner_);
    server_ = std::make_unique<http::server>(
        http::server::options{.keys = keys::read_credentials(folder + "/keys", "buffer")});
    reading_->add_routes(*server_);
    server_->start();
  }
  ~StoreReading() override { server_.reset(); }

  http::reply ask(const json& arguments, const std::string& as = "viewer") const {
    return http::client{{.url = server_->url(), .keys = keys::read_credentials(folder + "/keys", as)}}.post(
        "/v1/read", json{{"arguments", arguments}}.dump());
  }

  ctl::hand_made_store made_;
  std::unique_ptr<store::journal> owner_;
  std::unique_ptr<store_reading> reading_;
  std::unique_ptr<http::server> server_;
};

TEST_F(StoreReading, AnswersAsTroupectlWould) {
  const auto said = json::parse(ask({"count", "samples", "--by", "fate", "-o", "json"}).body);
  EXPECT_EQ(said["status"], 0);
  EXPECT_EQ(json::parse(said["out"].get<std::string>())["count"], 8);
  EXPECT_EQ(json::parse(ask({"export", "dataset", "kept", "--fields", "answer"}).body)["out"], "{\"answer\":\"2\"}\n");
  for (const json& words : {json{"status"}, json{"doctor"}, json{"hist", "samples", "tokens"}, json{"tail", "groups"},
                            json{"describe", "group", "0t1"}, json{"show", "sample", "0t0/0"}, json{"get", "steps"},
                            json{"checkpoint", "ls"}, json{"checkpoint", "verify"}}) {
    const auto one = json::parse(ask(words).body);
    EXPECT_EQ(one["status"], 0) << words << one;
  }
  EXPECT_FALSE(std::filesystem::exists(made_.run / "copies"));
}

TEST_F(StoreReading, SeesWhatTheOwnerWroteAMomentAgo) {
  owner_->commit({.groups = {group{.id = {stage_index{0}, purpose::train, 3}, .task = "addition"}}},
                 store::durability::wal);
  EXPECT_EQ(json::parse(ask({"count", "groups"}).body)["out"], "5\n");
}

TEST_F(StoreReading, ExitStatusesTravel) {
  const auto missing = json::parse(ask({"show", "sample", "0t9/0"}).body);
  EXPECT_EQ(missing["status"], 3);
  EXPECT_THAT(missing["err"].get<std::string>(), HasSubstr("troupectl: "));
  EXPECT_EQ(json::parse(ask({"get", "samples", "--where", "rewrad > 1"}).body)["status"], 2);
  EXPECT_EQ(json::parse(ask({"frobnicate"}).body)["status"], 2);
}

TEST_F(StoreReading, NothingIsWrittenAndNoOtherPlaceIsRead) {
  const auto file = (made_.run / "out.jsonl").string();
  for (const json& words : {json{"import", "dataset", "mine", file}, json{"compact"},
                            json{"quarantine", "0t2", "--yes"}, json{"repair", "--accept-loss"}}) {
    const auto one = json::parse(ask(words, "admin").body);
    EXPECT_EQ(one["status"], 4) << words;
    EXPECT_THAT(one["err"].get<std::string>(), HasSubstr("writes to the store, and this one is at work; stop the run"));
  }
  EXPECT_EQ(owner_->find_group({stage_index{0}, purpose::train, 2})->state, group_state::queued);
  for (const json& words :
       {json{"export", "samples", "--out", file}, json{"checkpoint", "create", file}, json{"--store", "/", "status"},
        json{"status", "--run", "/"}, json{"get", "workers"}, json{"tail", "groups", "-f"}}) {
    EXPECT_EQ(json::parse(ask(words, "admin").body)["status"], 2) << words;
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(StoreReading, OnlyAdminsAndViewersMayRead) {
  EXPECT_EQ(ask({"status"}, "generator-0").status, 403);
  EXPECT_EQ(ask({"status"}, "admin").status, 200);
}

TEST_F(StoreReading, WrongBodiesAreRefused) {
  for (const json& wrong : {json::array(), json(1), json{1, 2}, json(std::vector<std::string>(65, "status"))}) {
    EXPECT_EQ(ask(wrong).status, 400) << wrong;
  }
}

TEST(BoundedText, EndsWhatWritesTooMuch) {
  bounded_text text{10, "too long"};
  text.stream() << "12345" << 678;
  EXPECT_EQ(refusal([&] { text.stream() << "123"; }), (std::pair{errc::resource_exhausted, std::string("too long")}));
  EXPECT_EQ(text.take(), "12345678");
}

} // namespace
} // namespace troupe::admin
