// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/endpoint.hpp"
#include "tests/deploy/troupectl/troupectl_fixture.hpp"

#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/wait.h>

namespace troupe::ctl {
namespace {

using testing::HasSubstr;

TEST_F(Troupectl, GetsWhatMatches) {
  ASSERT_EQ(call({"get", "samples", "--where", "reward > 0.9 and purpose == \"train\"", "--fields", "id,completion",
                  "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(json(), row::parse(R"([{"id":"0t0/0","completion":"<answer>2</answer> of 0t0/0"},
                                   {"id":"0t1/0","completion":"<answer>2</answer> of 0t1/0"}])"));
  ASSERT_EQ(call({"list", "groups", "--limit", "1", "--fields", "id,state,tokens"}), 0);
  EXPECT_EQ(out_.str(), "id   state    tokens\n0t0  trained       6\n");
  ASSERT_EQ(call({"get", "steps", "--where", "metrics/loss == 0.5", "-o", "json"}), 0);
  EXPECT_EQ(json()[0]["reward"], 0.55);
  ASSERT_EQ(call({"get", "datasets", "-o", "json"}), 0);
  EXPECT_EQ(json()[0]["kept_share"], 0.5);
  ASSERT_EQ(call({"get", "groups", "--where", "tokens > 1000", "-o", "json"}), 0);
  EXPECT_EQ(out_.str(), "[]\n");
}

TEST_F(Troupectl, Counts) {
  ASSERT_EQ(call({"count", "samples", "--where", "verdict == 'correct'"}), 0);
  EXPECT_EQ(out_.str(), "3\n");
  ASSERT_EQ(call({"count", "samples", "--by", "fate", "-o", "json"}), 0);
  EXPECT_EQ(json(), row::parse(R"({"count":8,"by":"fate","counts":{"collected":2,"pending":2,"trained":4}})"));
}

TEST_F(Troupectl, ShowsASampleWhole) {
  ASSERT_EQ(call({"show", "sample", "0t0/0", "-o", "json"}), 0) << err_.str();
  const auto s = json();
  EXPECT_EQ(s["prompt"], "1+1=");
  EXPECT_EQ(s["verdict"], "correct");
  EXPECT_EQ(s["rewards"][0]["reason"], "2 = 2");
  EXPECT_DOUBLE_EQ(s["group_reward_mean"], 0.55);
  // Rewards 1.1 and 0: deviation sqrt(2 * 0.55^2 / 1) = 0.55 * sqrt(2); advantage 0.55 / (that + 1e-4)
  EXPECT_DOUBLE_EQ(s["group_reward_std"], 0.55 * std::sqrt(2));
  EXPECT_NEAR(s["advantage"].get<double>(), 0.55 / (0.55 * std::sqrt(2) + 1e-4), 1e-12);
  EXPECT_EQ(s["trained_by"]["version"], 1);
  EXPECT_EQ(s["staleness"], 0);
  EXPECT_EQ(s["tokens"], row::parse("[4,5,6]"));
  EXPECT_EQ(s["history"][0]["at"], "2023-11-14T22:13:20.123Z");
  ASSERT_EQ(call({"show", "sample", "0c0/0"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("trained_by  no step"));
}

TEST_F(Troupectl, DescribesAGroup) {
  ASSERT_EQ(call({"describe", "group", "0t1", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json()["samples"][1]["verdict"], "incorrect");
  EXPECT_EQ(json()["state"], "trained");
  ASSERT_EQ(call({"describe", "group", "0t2"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("queued"));
}

TEST_F(Troupectl, ExportsTheSameBytesTwice) {
  ASSERT_EQ(call({"export", "dataset", "kept"}), 0) << err_.str();
  const auto first = out_.str();
  EXPECT_EQ(first, R"({"index":0,"source":"0c0/0","task":"addition","prompt":"1+1=",)"
                   R"("completion":"<answer>2</answer> of 0c0/0","answer":"2","reward":1.1})"
                   "\n");
  ASSERT_EQ(call({"export", "dataset", "kept"}), 0);
  EXPECT_EQ(out_.str(), first);
  ASSERT_EQ(
      call({"export", "samples", "--where", "purpose == 'collect' and rewards/format == 1", "--fields", "answer"}), 0);
  EXPECT_EQ(out_.str(), "{\"answer\":\"2\"}\n");
}

TEST_F(Troupectl, StatusNamesStagesAndCounts) {
  ASSERT_EQ(call({"status"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("groups: 4 issued = 1 pending + 0 ready + 0 leased + 2 trained + 1 collected"));
}

TEST_F(Troupectl, TakesTheStoreFolderItself) {
  EXPECT_EQ(bare({"--store", made_.store(), "count", "groups"}), 0);
  EXPECT_EQ(out_.str(), "4\n");
}

TEST_F(Troupectl, ExitStatusesSayWhatKindOfFailure) {
  EXPECT_EQ(call({"get", "samples", "--where", "rewrad > 1"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no field 'rewrad'; there are: id, group"));
  EXPECT_EQ(call({"get", "samples", "--fields", "nonsense"}), 2);
  EXPECT_EQ(call({"get", "lesaes"}), 2);
  EXPECT_EQ(call({"frobnicate"}), 2);
  EXPECT_EQ(bare({"status"}), 2); // no --store
  EXPECT_EQ(call({"show", "sample", "zzz"}), 2);
  EXPECT_EQ(call({"export", "dataset"}), 2);
  EXPECT_EQ(call({"show", "sample", "0t9/0"}), 3);
  EXPECT_EQ(call({"show", "sample", "0t0/2"}), 3);
  EXPECT_EQ(call({"describe", "group", "5t0"}), 3);
  EXPECT_THAT(err_.str(), HasSubstr("there is no group 5t0; `get groups` lists them"));
  EXPECT_EQ(call({"describe", "group", "5x0"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("5x0 is no group id; one looks like 1t42"));
  EXPECT_EQ(call({"export", "dataset", "other"}), 3);
  EXPECT_THAT(err_.str(), HasSubstr("the store has: kept"));
  EXPECT_EQ(bare({"--store", "/nowhere", "status"}), 3);
}

TEST_F(Troupectl, EveryHelpHasAnExample) {
  for (const char* verb :
       {"status", "get",        "count", "describe", "show", "export", "doctor", "hist",   "tail",  "checkpoint",
        "import", "quarantine", "top",   "why",      "logs", "drain",  "pause",  "resume", "scale", "set"}) {
    EXPECT_EQ(bare({verb, "--help"}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("Example:\n  troupectl --run runs/first " + std::string{verb}));
  }
  EXPECT_EQ(bare({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Example:"));
}

/// A child that holds the store's lock, as RocksDB takes it, until it is told to end.
class lock_holding_child {
public:
  explicit lock_holding_child(const std::string& store) {
    int ready[2];
    int end[2];
    if (::pipe(ready) != 0 || ::pipe(end) != 0) {
      throw std::runtime_error{"no pipe"};
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open((store + "/LOCK").c_str(), O_RDWR);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      char c = ::fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
      ::close(end[1]);
      if (::write(ready[1], &c, 1) == 1) {
        (void)!::read(end[0], &c, 1); // returns when the parent closes its end
      }
      ::_exit(0);
    }
    ::close(end[0]);
    end_ = end[1];
    char c = 'n';
    held_ = ::read(ready[0], &c, 1) == 1 && c == 'y';
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~lock_holding_child() {
    ::close(end_);
    ::waitpid(pid_, nullptr, 0);
  }

  bool held() const { return held_; }
  pid_t pid() const { return pid_; }

private:
  pid_t pid_ = 0;
  int end_ = -1;
  bool held_ = false;
};

TEST_F(Troupectl, RefusesALiveStoreAndNamesItsOwner) {
  std::ofstream{made_.run / "cluster.json"} << R"({"endpoint":"http://127.0.0.1:7777"})";
  {
    const lock_holding_child child{made_.store()};
    ASSERT_TRUE(child.held());
    EXPECT_EQ(call({"status"}), 4);
    EXPECT_THAT(err_.str(),
                HasSubstr("is held by process " + std::to_string(child.pid()) + " at endpoint http://127.0.0.1:7777"));
  }
  EXPECT_EQ(call({"status"}), 0);
}

TEST_F(Troupectl, NamesTheSocketOfALiveRun) {
  const lock_holding_child child{made_.store()};
  ASSERT_TRUE(child.held());
  const auto socket = live::listen_in(made_.run.string());
  EXPECT_EQ(call({"status"}), 4);
  EXPECT_THAT(err_.str(),
              HasSubstr(" at endpoint unix:" + (made_.run / "control.sock").string() + "; look with --run"));
}

TEST_F(Troupectl, LooksIntoALiveRunThroughItsOwnProcess) {
  store::journal owner{made_.store(), store::open_mode::existing};
  const live::endpoint endpoint{made_.run.string(), owner};
  ASSERT_EQ(bare({"--run", made_.run.string(), "count", "groups"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "4\n");
  group fresh{.id = {stage_index{0}, purpose::train, 3}, .task = "addition"};
  owner.commit({.groups = {fresh}}, store::durability::wal);
  ASSERT_EQ(bare({"--run", made_.run.string(), "count", "groups"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "5\n");
  EXPECT_FALSE(std::filesystem::exists(made_.run / "copies" / "0"));
  EXPECT_EQ(bare({"--run", made_.run.string(), "quarantine", "0t2", "--yes"}), 4) << "a live run is not written to";
  EXPECT_EQ(owner.find_group({stage_index{0}, purpose::train, 2})->state, group_state::queued);
}

TEST_F(Troupectl, LooksIntoADeadRunItself) {
  (void)live::listen_in(made_.run.string()); // what a killed run leaves: a socket that nobody listens on
  EXPECT_EQ(bare({"--run", made_.run.string(), "count", "groups"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "4\n");
  EXPECT_EQ(bare({"--run", made_.run.string(), "--store", made_.store(), "status"}), 2);
}

TEST_F(Troupectl, RepairsAStoreWhoseLogWasCut) {
  ASSERT_EQ(call({"repair"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("nothing to repair"));
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator{made_.store()}) {
    if (entry.path().extension() == ".log" && (log.empty() || entry.file_size() > std::filesystem::file_size(log))) {
      log = entry.path();
    }
  }
  std::filesystem::resize_file(log,
                               std::filesystem::file_size(log) - 10); // tears what the test wrote; one change stays
  ASSERT_EQ(call({"doctor", "-o", "json"}), 5);
  EXPECT_THAT(err_.str(), HasSubstr("were acknowledged and are gone"));
  ASSERT_EQ(call({"repair", "-o", "json"}), 5);
  EXPECT_EQ(json()["last_good"], 1);
  EXPECT_EQ(json()["accepted"], false);
  ASSERT_EQ(call({"repair", "--accept-loss"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("kept: changes 1 to 1;"));
  ASSERT_EQ(call({"repair"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("accepted before: at "));
  EXPECT_EQ(call({"status"}), 0);
  EXPECT_EQ(err_.str(), "");
}

} // namespace
} // namespace troupe::ctl
