// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/listener.hpp"
#include "tests/deploy/troupectl/cluster_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <thread>
#include <unistd.h>

namespace troupe::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Cluster, ListsWorkersAsTheContractHasThem) {
  ASSERT_EQ(call({"get", "workers", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json(), nlohmann::ordered_json::parse(R"([
    {"name":"buffer","role":"buffer","state":"ready","pid":11,"host":"a","version":null,"leases":0},
    {"name":"generator-0","role":"generator","state":"draining","pid":12,"host":"b","version":12,"leases":3}])"));
  ASSERT_EQ(call({"get", "workers"}), 0);
  EXPECT_EQ(out_.str(), "name         role       state     pid  host  version  leases\n"
                        "buffer       buffer     ready      11  a           -       0\n"
                        "generator-0  generator  draining   12  b          12       3\n");
  ASSERT_EQ(call({"get", "workers", "--where", "leases > 1", "--fields", "name,pid", "-o", "json"}), 0);
  EXPECT_EQ(out_.str(), "[{\"name\":\"generator-0\",\"pid\":12}]\n");
  EXPECT_EQ(call({"get", "workers", "--where", "rank > 1"}), 2);
}

TEST_F(Cluster, SaysWhoWaitsForWhom) {
  ASSERT_EQ(call({"why"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "waits for generator-0\n  learner-0 waits for a batch\n  1t42 is with generator-0\n");
  ASSERT_EQ(call({"why", "-o", "json"}), 0);
  EXPECT_EQ(json()["summary"], "waits for generator-0");
}

TEST_F(Cluster, ShowsWhatAMemberWrote) {
  ASSERT_EQ(call({"logs", "generator-0", "-n", "3"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "the last 3\n\\x1b[31mred\n") << "and lets nobody colour the terminal";
  ASSERT_EQ(call({"logs", "generator-0"}), 0);
  EXPECT_THAT(out_.str(), testing::StartsWith("the last 100\n"));
}

TEST_F(Cluster, TopIsOnePageWhereNobodyWatches) {
  ASSERT_EQ(call({"top"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("run /runs/x  recipe r1-tiny  running\n"
                                    "stage reasoning_rl  step 12  version 12  sampled tokens/s 1234\n"
                                    "groups: 4 issued 1 pending 0 ready 0 leased 2 trained 1 collected 0 scored 0 "
                                    "dropped\n"));
  EXPECT_THAT(out_.str(), HasSubstr("generator-0  generator  draining       12       3       0.2  sampling 1t42"));
  ASSERT_EQ(call({"top", "-o", "json"}), 0);
  EXPECT_EQ(json()["groups"]["trained"], 2);
  EXPECT_EQ(json()["members"].size(), 2U);
}

TEST_F(Cluster, TopGoesOnForWhoWatchesUntilTheRunIsFinished) {
  fake_.looks_left = 4; // a page asks for the cluster itself, and before its first look at the store for the buffer
  ASSERT_EQ(call({"top", "--interval", "0.05"}, {.shows_output = true}), 0) << err_.str();
  const std::string clear = "\x1b[H\x1b[2J";
  std::size_t pages = 0;
  for (auto at = out_.str().find(clear); at != std::string::npos; at = out_.str().find(clear, at + 1)) {
    ++pages;
  }
  EXPECT_EQ(pages, 3U);
  EXPECT_THAT(out_.str(), HasSubstr("recipe r1-tiny  finished\n"));
  ASSERT_EQ(call({"top", "--once"}, {.shows_output = true}), 0);
  EXPECT_THAT(out_.str(), testing::Not(HasSubstr(clear)));
}

TEST_F(Cluster, TopStandsWithoutItsStore) {
  buffer_.reset();
  ASSERT_EQ(call({"top"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("groups: " + fake_.admin_url + ": no connection"));
}

TEST_F(Cluster, GivesOrdersWithYes) {
  EXPECT_EQ(call({"drain", "generator-0", "--yes"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "name  generator-0\nstate  draining\n");
  EXPECT_EQ(call({"pause", "-y", "-o", "json"}), 0);
  EXPECT_EQ(out_.str(), "{\"state\":\"paused\"}\n");
  EXPECT_EQ(call({"resume", "--yes"}), 0);
  EXPECT_EQ(call({"scale", "generator", "4", "--yes"}), 0);
  EXPECT_EQ(call({"set", "max_staleness", "2", "--yes"}), 0);
  EXPECT_EQ(call({"set", "max_staleness", "two words", "--yes"}), 0);
  EXPECT_THAT(fake_.told,
              ElementsAre("admin: drain generator-0", "admin: pause", "admin: resume", "admin: scale generator 4",
                          "admin: set max_staleness 2", "admin: set max_staleness \"two words\""));
}

TEST_F(Cluster, AsksBeforeItGivesAnOrder) {
  EXPECT_EQ(call({"pause"}), 2) << "nobody is there to be asked";
  EXPECT_THAT(err_.str(), HasSubstr("say --yes"));
  std::istringstream no{"n\n"};
  EXPECT_EQ(call({"drain", "generator-0"}, {.answers = &no}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("drain generator-0, at " + controller_->url() + "? [y/N] "));
  EXPECT_THAT(fake_.told, IsEmpty());
  std::istringstream yes{"y\n"};
  EXPECT_EQ(call({"drain", "generator-0"}, {.answers = &yes}), 0);
  EXPECT_THAT(fake_.told, ElementsAre("admin: drain generator-0"));
}

TEST_F(Cluster, ExitStatusesSayWhatKindOfFailure) {
  EXPECT_EQ(call({"drain", "generator-9", "--yes"}), 3);
  EXPECT_EQ(err_.str(), "troupectl: there is no member generator-9; did you mean generator-0?\n");
  EXPECT_EQ(call({"set", "max_stalenes", "2", "--yes"}), 3);
  EXPECT_EQ(call({"scale", "generators", "2", "--yes"}), 2);
  EXPECT_EQ(call({"scale", "learner", "2", "--yes"}), 2);
  EXPECT_EQ(call({"scale", "generator", "1025", "--yes"}), 2) << "as many as a recipe may have";
  EXPECT_EQ(call({"logs", "generator-0", "-n", "10001"}), 2);
  EXPECT_EQ(call({"pause", "--yes"}), 0);
  EXPECT_EQ(call({"pause", "--yes"}), 1) << "it is paused already";
  EXPECT_EQ(call({"pause", "--yes", "--as", "viewer"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("the keys of admin may"));
  EXPECT_EQ(call({"get", "workers", "--as", "generator-0"}), 1);
  EXPECT_EQ(call({"get", "workers", "--as", "nobody"}), 3);
  EXPECT_EQ(bare({"why", "--endpoint", controller_->url()}), 2) << "without --keys";
  EXPECT_EQ(bare({"why", "--endpoint", buffer_->url(), "--keys", keys_}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("is buffer, a buffer, not a controller"));
  EXPECT_EQ(bare({"why", "--store", made_.store()}), 2);
}

TEST_F(Cluster, TakesTheViewersKeysWhereThereAreNoOthers) {
  std::filesystem::remove(keys_ + "/admin.key");
  EXPECT_EQ(call({"why"}), 0) << err_.str();
  EXPECT_EQ(call({"pause", "--yes"}), 1);
}

TEST_F(Cluster, NobodyThereIsSaidWithinSeconds) {
  const auto began = std::chrono::steady_clock::now();
  const auto url = controller_->url();
  const auto folder_of_run = run_folder();
  controller_.reset();
  EXPECT_EQ(bare({"why", "--run", folder_of_run}), 4);
  EXPECT_EQ(err_.str(), "troupectl: the controller does not answer: " + url + ": no connection: Connection refused (" +
                            folder_of_run + "/cluster.json names it; is that run still at work?)\n");
  wire::endpoint silent{"127.0.0.1", 0};
  const int listener = http::listen_at(silent);
  EXPECT_EQ(bare({"why", "--endpoint", "https://" + silent.text(), "--keys", keys_}), 4);
  EXPECT_EQ(err_.str(),
            "troupectl: the controller does not answer: https://" + silent.text() + ": no connection within 3 s\n");
  ::close(listener);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

TEST_F(Cluster, ARunOfOneProcessHasNoWorkers) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"get", "workers"}, {"why"}, {"top"}, {"logs", "x"}, {"pause", "--yes"}}) {
    auto all = words;
    all.insert(all.end(), {"--run", made_.run.string()});
    EXPECT_EQ(bare(all), 4);
    EXPECT_THAT(err_.str(), HasSubstr("it is a run of one process"));
  }
  EXPECT_EQ(bare({"why", "--run", "/nowhere"}), 3);
}

TEST_F(Cluster, FindsTheClusterOfARunFolder) {
  const auto folder_of_run = run_folder();
  EXPECT_EQ(bare({"get", "workers", "--run", folder_of_run}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("generator-0"));
  std::filesystem::create_directory(folder + "/elsewhere"); // of a controller whose buffer is on another machine
  std::filesystem::copy(folder_of_run + "/cluster.json", folder + "/elsewhere/cluster.json");
  EXPECT_EQ(bare({"count", "groups", "--run", folder + "/elsewhere", "--keys", keys_}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "4\n");
  std::ofstream{folder + "/elsewhere/cluster.json"} << R"({"endpoint":7})";
  EXPECT_EQ(bare({"why", "--run", folder + "/elsewhere"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("/elsewhere/cluster.json names no endpoint"));
}

TEST_F(Cluster, ReadsTheStoreFromAfar) {
  ASSERT_EQ(call({"count", "samples", "--by", "fate", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json()["count"], 8);
  ASSERT_EQ(call({"get", "samples", "--where", "reward > 0.9 and purpose == \"train\"", "--fields", "id,reward",
                  "--limit", "1", "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(out_.str(), "[\n {\"id\":\"0t0/0\",\"reward\":1.1}\n]\n");
  ASSERT_EQ(call({"tail", "groups", "-n", "2", "--fields", "id"}), 0) << err_.str();
  EXPECT_EQ(call({"doctor", "-o", "json"}), 0);
  EXPECT_EQ(json()["conserved"], true);
  EXPECT_EQ(call({"show", "sample", "0t9/0"}), 3);
  EXPECT_EQ(call({"quarantine", "0t2", "--yes"}), 4);
  EXPECT_THAT(err_.str(), HasSubstr("writes to the store"));
  fake_.admin_url.clear();
  EXPECT_EQ(call({"status"}), 4);
  EXPECT_THAT(err_.str(), HasSubstr("no member of this run answers for its store now"));
}

TEST_F(Cluster, FollowsWhatChanges) {
  std::jthread writer{[&] {
    for (std::uint64_t cursor = 3; cursor < 6; ++cursor) {
      group fresh{.id = {stage_index{0}, purpose::train, cursor}, .task = "addition"};
      fresh.history.push_back({group_state::queued, static_cast<std::int64_t>(1800000000000 + cursor), "buffer"});
      owner_->commit({.groups = {fresh}}, store::durability::wal);
      std::this_thread::sleep_for(std::chrono::milliseconds{150}); // between two looks of the other
    }
  }};
  ASSERT_EQ(call({"tail", "groups", "-n", "10", "-f", "--interval", "0.05", "--for", "3", "--fields", "id,task", "-o",
                  "json"}),
            0)
      << err_.str();
  writer.join();
  const auto text = out_.str();
  for (const char* id : {"0t3", "0t4", "0t5"}) {
    const std::string line = std::string("{\"id\":\"") + id + "\",\"task\":\"addition\"}\n";
    EXPECT_EQ(text.find(line), text.rfind(line)) << "once: " << text;
    EXPECT_NE(text.find(line), std::string::npos) << text;
  }
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4 + 3) << text; // those of before, too
}

} // namespace
} // namespace troupe::ctl
