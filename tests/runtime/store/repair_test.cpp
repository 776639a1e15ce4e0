// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/acknowledged.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/repair.hpp"
#include "tests/runtime/store/oracle.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <functional>
#include <gmock/gmock.h>

namespace troupe::store {
namespace {

using ::testing::HasSubstr;

/// A store of ten transitions of 4 changes each, after the one change that names its format: 41 acknowledged.
class Repair : public ::testing::Test {
protected:
  static constexpr std::uint64_t count = 10;
  static constexpr std::size_t tokens = 2000; // several of the 32 KB blocks in which a log is read

  Repair() {
    journal j{"/s", open_mode::create, on_};
    for (std::uint64_t n = 0; n < count; ++n) {
      j.commit(oracle::transition_of(n, tokens), durability::disk);
    }
  }
  std::string log() const {
    std::string largest;
    for (const auto& [name, content] : disk_.files()) {
      if (name.find(".log") != std::string::npos &&
          (largest.empty() || content.size() > disk_.files()[largest].size())) {
        largest = name;
      }
    }
    return largest;
  }
  void damage(const std::function<void(std::string&)>& how) { damage(log(), how); }
  void damage(const std::string& name, const std::function<void(std::string&)>& how) {
    auto files = disk_.files();
    how(files[name]);
    disk_.load(files);
  }
  std::string refusal() {
    try {
      journal{"/s", open_mode::existing, on_};
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::corrupt);
      return e.what();
    }
    return "";
  }
  std::uint64_t groups() {
    std::uint64_t n = 0;
    journal{"/s", open_mode::read_only, on_}.for_each_group([&](const group& g) {
      EXPECT_EQ(g, oracle::group_of(n));
      return ++n > 0;
    });
    return n;
  }

  volatile_disk disk_;
  storage on_{&disk_.env(), "boot"};
};

TEST_F(Repair, ASoundStoreLosesNothing) {
  EXPECT_EQ(find_loss("/s", on_).reason, "");
  EXPECT_EQ(find_loss("/s", on_).last_good, 41U);
  EXPECT_EQ(accept_loss("/s", on_).reason, "");
  EXPECT_EQ(groups(), count);
}

TEST_F(Repair, ACutLogNamesTheRangeAndTheCommand) {
  damage([](std::string& log) { log.resize(log.size() - 10); }); // the last transition is torn: 4 changes
  const auto before = disk_.files();
  EXPECT_THAT(refusal(), HasSubstr("changes 38 to 41 were acknowledged and are gone"));
  EXPECT_THAT(refusal(), HasSubstr("troupectl --store /s repair"));
  EXPECT_EQ(disk_.files().at(log()), before.at(log())) << "nothing is changed by looking";
}

TEST_F(Repair, AReadOnlyJournalShowsWhatIsLeft) {
  damage([](std::string& log) { log.resize(log.size() - 10); });
  const journal j{"/s", open_mode::read_only, on_};
  EXPECT_THAT(j.degradation(), HasSubstr("changes 38 to 41"));
  EXPECT_EQ(j.find_group(oracle::id_of(8)), oracle::group_of(8));
  EXPECT_EQ(j.find_group(oracle::id_of(9)), std::nullopt);
  EXPECT_EQ(j.verify(), std::vector{j.degradation()});
}

TEST_F(Repair, DamageInTheMiddleSaysWhatStandsBehindIt) {
  damage([](std::string& log) { log[log.size() / 2] ^= 1; });
  EXPECT_NE(refusal(), "");
  const auto found = find_loss("/s", on_);
  EXPECT_EQ(found.acknowledged, 41U);
  const auto kept = groups();
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, count - 1);
  EXPECT_EQ(found.last_good, 1 + 4 * kept);
  EXPECT_GT(found.readable.at("group"), 0U);
  EXPECT_LT(found.readable.at("group"), count - kept); // the damaged one is gone in any case
}

TEST_F(Repair, AnAcceptedLossIsRecordedAndTheStoreWritesAgain) {
  damage([](std::string& log) { log[log.size() / 2] ^= 1; });
  const auto given_up = accept_loss("/s", on_);
  EXPECT_NE(given_up.reason, "");
  const auto kept = (given_up.last_good - 1) / 4;
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(groups(), kept);
  {
    journal j{"/s", open_mode::existing, on_};
    EXPECT_EQ(j.degradation(), "");
    EXPECT_TRUE(j.verify().empty());
    j.commit(oracle::transition_of(kept, tokens), durability::disk);
  }
  EXPECT_EQ(groups(), kept + 1);
  const auto later = find_loss("/s", on_);
  EXPECT_EQ(later.reason, "");
  ASSERT_EQ(later.earlier.size(), 1U);
  EXPECT_THAT(later.earlier.front(), HasSubstr("kept to change " + std::to_string(given_up.last_good) + " of 41"));
}

TEST_F(Repair, ADamagedMarkIsAReasonToo) {
  damage("/s/ACKNOWLEDGED", [](std::string& mark) { mark.assign(mark.size(), '\0'); });
  EXPECT_THAT(refusal(), HasSubstr("ACKNOWLEDGED is damaged"));
  EXPECT_EQ(find_loss("/s", on_).acknowledged, std::nullopt);
  accept_loss("/s", on_);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(groups(), count);
}

TEST_F(Repair, AMissingTableIsShownAroundAndNotRepaired) {
  { journal{"/s", open_mode::existing, on_}; } // moves the log into tables
  auto files = disk_.files();
  std::string table;
  for (const auto& [name, content] : files) {
    table = name.find(".sst") != std::string::npos ? name : table;
  }
  ASSERT_NE(table, "");
  files.erase(table);
  disk_.load(files);
  EXPECT_NE(refusal(), "");
  EXPECT_NE(journal("/s", open_mode::read_only, on_).degradation(), "");
  try {
    accept_loss("/s", on_);
    FAIL() << "a store without one of its tables was repaired";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::corrupt);
    EXPECT_THAT(e.what(), HasSubstr("cannot be repaired here"));
  }
}

TEST_F(Repair, AStoreFromBeforeThereWasAMarkGetsOne) {
  auto files = disk_.files();
  ASSERT_EQ(files.erase("/s/ACKNOWLEDGED"), 1U);
  disk_.load(files);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(acknowledged_mark::read("/s", on_), 41U);
}

} // namespace
} // namespace troupe::store
