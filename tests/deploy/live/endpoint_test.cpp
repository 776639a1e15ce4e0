// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/copy.hpp"
#include "deploy/live/endpoint.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::live {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

group queued(std::uint64_t cursor) {
  group g{.id = {stage_index{0}, purpose::train, cursor}, .task = "addition"};
  g.members.resize(2);
  return g;
}

std::uint64_t groups_in(const std::string& store) {
  const store::journal j{store, store::open_mode::read_only};
  std::uint64_t n = 0;
  j.for_each_group([&](const group&) { return ++n, true; });
  return n;
}

class Endpoint : public testing::Test {
protected:
  Endpoint() {
    fs::remove_all(top_);
    fs::create_directories(run_);
    journal_ = std::make_unique<store::journal>((run_ / "store").string(), store::open_mode::create);
    add(1);
  }
  ~Endpoint() override {
    journal_.reset();
    fs::remove_all(top_);
  }

  void add(std::uint64_t n) {
    for (; n > 0; --n) {
      journal_->commit({.groups = {queued(groups_++)}}, store::durability::wal);
    }
  }
  /// A sample whose text is long enough for a blob file.
  void add_blob() {
    sample s{.tokens = {4}, .logprobs = {-0.5F}, .loss_mask = {1}, .segments = {{.end = 1}}, .text = ""};
    for (int i = 0; i < 5000; ++i) {
      s.text += std::to_string(i * 7919);
    }
    journal_->commit({.samples = {{{queued(0).id, 0}, s}}}, store::durability::wal);
  }

  const fs::path top_ = fs::temp_directory_path() / ("troupe-live-" + std::to_string(::getpid()));
  /// Longer than the 108 bytes that a socket's address holds.
  const fs::path run_ = top_ / std::string(120, 'r') / "run";
  std::unique_ptr<store::journal> journal_;
  std::uint64_t groups_ = 0;
};

TEST_F(Endpoint, GivesACopyWhileTheOwnerGoesOnWriting) {
  add_blob();
  const endpoint e{run_.string(), *journal_};
  ASSERT_EQ(e.problem(), "");
  const auto first = copy::ask(run_.string());
  ASSERT_TRUE(first);
  add(2);
  const auto second = copy::ask(run_.string());
  ASSERT_TRUE(second);
  EXPECT_EQ(groups_in(first->folder()), 1U);
  EXPECT_EQ(groups_in(second->folder()), 3U);
  const store::journal j{first->folder(), store::open_mode::read_only};
  EXPECT_EQ(j.verify(), std::vector<std::string>{});
  EXPECT_TRUE(j.find_sample({queued(0).id, 0}));
}

TEST_F(Endpoint, ACopyHoldsTheBlobFilesOfAStoreThatWasOpenedAgain) {
  add_blob();
  journal_.reset(); // closing leaves the log, opening turns it into tables and blob files
  journal_ = std::make_unique<store::journal>((run_ / "store").string(), store::open_mode::existing);
  const auto blobs = [](const fs::path& folder) {
    return std::count_if(fs::directory_iterator{folder}, {}, [](auto& f) { return f.path().extension() == ".blob"; });
  };
  ASSERT_GT(blobs(run_ / "store"), 0);
  const endpoint e{run_.string(), *journal_};
  const auto c = copy::ask(run_.string());
  EXPECT_EQ(blobs(c->folder()), blobs(run_ / "store"));
  const store::journal j{c->folder(), store::open_mode::read_only};
  EXPECT_TRUE(j.find_sample({queued(0).id, 0}));
}

TEST_F(Endpoint, ACopyGoesWithItsHolder) {
  const endpoint e{run_.string(), *journal_};
  {
    const auto c = copy::ask(run_.string());
    EXPECT_TRUE(fs::exists(c->folder()));
  }
  const auto next = copy::ask(run_.string()); // answered after the endpoint saw the first one leave
  EXPECT_THAT(next->folder(), testing::EndsWith("/1"));
  EXPECT_EQ(std::distance(fs::directory_iterator{run_ / copies_name}, {}), 1);
}

TEST_F(Endpoint, ACopyGoesWhenItsHolderIsKilled) {
  const endpoint e{run_.string(), *journal_};
  {
    const auto killed = connect_to(run_.string(), 5); // as a killed process leaves it: closed without a word
    const std::string request = "{\"ask\":\"checkpoint\"}\n";
    ASSERT_EQ(::send(killed.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    char answer[longest_line];
    ASSERT_GT(::recv(killed.get(), answer, sizeof answer, 0), 0);
    ASSERT_TRUE(fs::exists(run_ / copies_name / "0"));
  }
  const auto next = copy::ask(run_.string());
  EXPECT_FALSE(fs::exists(run_ / copies_name / "0"));
}

TEST_F(Endpoint, RemovesWhatAKilledProcessLeft) {
  fs::create_directories(run_ / copies_name / "7");
  const auto left = listen_in(run_.string());
  const endpoint e{run_.string(), *journal_};
  EXPECT_EQ(e.problem(), "");
  EXPECT_FALSE(fs::exists(run_ / copies_name));
  EXPECT_TRUE(copy::ask(run_.string()));
}

TEST_F(Endpoint, TheSocketIsForItsOwnerAloneAndGoesWithTheProcess) {
  const fs::path socket = run_ / socket_name;
  {
    const endpoint e{run_.string(), *journal_};
    struct stat about {};
    ASSERT_EQ(::stat(socket.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600U);
  }
  EXPECT_FALSE(fs::exists(socket));
  EXPECT_FALSE(copy::ask(run_.string()));
}

TEST_F(Endpoint, NobodyListensOnWhatAKilledProcessLeft) {
  (void)listen_in(run_.string()); // closed at once: the name stays
  ASSERT_TRUE(fs::exists(run_ / socket_name));
  EXPECT_FALSE(copy::ask(run_.string()));
}

TEST_F(Endpoint, RefusesANinthAskerAndServesItLater) {
  const endpoint e{run_.string(), *journal_};
  std::vector<copy> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(std::move(*copy::ask(run_.string())));
  }
  try {
    copy::ask(run_.string());
    FAIL() << "a ninth was served";
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::unavailable);
    EXPECT_THAT(refused.what(), HasSubstr("8 others look into this run; ask again later"));
  }
  held.pop_back();
  EXPECT_TRUE(copy::ask(run_.string()));
}

TEST_F(Endpoint, AProcessThatDoesNotAnswerIsNotWaitedForLongerThanAsked) {
  const auto silent = listen_in(run_.string());
  try {
    copy::ask(run_.string(), 1);
    FAIL() << "nobody can have answered";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unavailable);
    EXPECT_THAT(e.what(), HasSubstr("did not answer within 1 s"));
  }
}

TEST_F(Endpoint, HangsUpOnNonsenseAndGoesOn) {
  const endpoint e{run_.string(), *journal_};
  const auto said = [&](const std::string& words) {
    const auto c = connect_to(run_.string(), 5);
    EXPECT_EQ(::send(c.get(), words.data(), words.size(), MSG_NOSIGNAL), static_cast<ssize_t>(words.size()));
    std::string heard;
    char piece[longest_line];
    for (ssize_t got = 0; (got = ::recv(c.get(), piece, sizeof piece, 0)) > 0;) {
      heard.append(piece, static_cast<std::size_t>(got));
    }
    return heard;
  };
  EXPECT_THAT(said("give me all\n"), HasSubstr("\"code\":2"));
  EXPECT_THAT(said("{\"ask\":\"drop\"}\n"), HasSubstr("answers {\\\"ask\\\":\\\"checkpoint\\\"} only"));
  EXPECT_EQ(said(std::string(longest_line + 1, 'x')), "");
  EXPECT_TRUE(copy::ask(run_.string()));
}

TEST_F(Endpoint, AFolderWithoutPlaceForASocketIsSaid) {
  fs::create_directories(run_ / socket_name / "in the way");
  const endpoint e{run_.string(), *journal_};
  EXPECT_THAT(e.problem(), HasSubstr("control.sock"));
  fs::remove_all(run_ / socket_name);
}

} // namespace
} // namespace troupe::live
