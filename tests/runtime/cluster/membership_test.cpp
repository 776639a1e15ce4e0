// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster/membership.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class membership_test : public testing::Test {
protected:
  static joiner worker(const std::string& name, std::uint64_t life, wire::role as = wire::role::generator) {
    return {.name = name, .as = as, .life = {7, life}};
  }
  time_point at(std::int64_t ms) const { return time_point{} + seconds{1000} + milliseconds{ms}; }

  /// "joined generator-0", "lost generator-0: restarted", ...
  std::vector<std::string> happened() {
    std::vector<std::string> all;
    for (const auto& e : tested.take_events()) {
      all.push_back(e.what == event::kind::joined
                        ? "joined " + e.who.name
                        : (e.what == event::kind::lost ? "lost " : "left ") + e.who.name + ": " + e.reason);
    }
    return all;
  }
  member_state state_of(const std::string& name, time_point now) const {
    for (const auto& m : tested.members(now)) {
      if (m.who.name == name) {
        return m.state;
      }
    }
    ADD_FAILURE() << "no " << name;
    return member_state::left;
  }

  membership tested{{.heartbeat = milliseconds{1000}, .timeout = milliseconds{5000}, .recipe = "abc"}};
};

TEST(MemberState, NamesStandInTheOrderOfTheStates) {
  EXPECT_EQ(to_string(member_state::ready), "ready");
  EXPECT_EQ(to_string(member_state::silent), "silent");
  EXPECT_EQ(to_string(member_state::left), member_states.back());
  EXPECT_TRUE(is_here(member_state::draining) && is_here(member_state::silent));
  EXPECT_FALSE(is_here(member_state::lost) || is_here(member_state::left));
}

TEST_F(membership_test, AMemberThatBeatsStays) {
  EXPECT_EQ(tested.join(worker("generator-0", 1), at(0)).what, order::carry_on);
  for (int t = 1000; t <= 20'000; t += 1000) {
    EXPECT_EQ(tested.hear("generator-0", {7, 1}, {}, at(t)).what, order::carry_on);
    tested.expire(at(t));
  }
  EXPECT_EQ(state_of("generator-0", at(20'000)), member_state::ready);
  EXPECT_THAT(happened(), ElementsAre("joined generator-0"));
}

TEST_F(membership_test, SilenceIsShownFirstAndLosesAfterTheTimeout) {
  tested.join(worker("generator-0", 1), at(0));
  tested.expire(at(2001));
  EXPECT_EQ(state_of("generator-0", at(2001)), member_state::silent);
  tested.expire(at(4999));
  EXPECT_TRUE(tested.present("generator-0"));
  tested.expire(at(5000));
  EXPECT_FALSE(tested.present("generator-0"));
  EXPECT_THAT(happened(), ElementsAre("joined generator-0", "lost generator-0: silent for 5 s"));
}

TEST_F(membership_test, WhoWasGivenUpIsToldToJoinAgainAndMay) {
  tested.join(worker("generator-0", 1), at(0));
  tested.expire(at(6000));
  EXPECT_EQ(tested.hear("generator-0", {7, 1}, {}, at(6001)).what, order::join_again);
  EXPECT_EQ(tested.join(worker("generator-0", 1), at(6002)).what, order::carry_on);
  EXPECT_TRUE(tested.present("generator-0"));
}

TEST_F(membership_test, ARestartedProcessTakesItsNameOver) {
  tested.join(worker("generator-0", 1), at(0));
  tested.join(worker("generator-0", 2), at(100));
  EXPECT_THAT(happened(), ElementsAre("joined generator-0", "lost generator-0: restarted", "joined generator-0"));
  const auto zombie = tested.hear("generator-0", {7, 1}, {}, at(200));
  EXPECT_EQ(zombie.what, order::leave);
  EXPECT_TRUE(zombie.refused);
  EXPECT_EQ(tested.join(worker("generator-0", 1), at(300)).what, order::leave);
  EXPECT_EQ(tested.hear("generator-0", {7, 2}, {}, at(300)).what, order::carry_on);
}

TEST_F(membership_test, AJoinThatIsRepeatedChangesNothing) {
  tested.join(worker("generator-0", 1), at(0));
  EXPECT_EQ(tested.join(worker("generator-0", 1), at(50)).what, order::carry_on);
  EXPECT_THAT(happened(), ElementsAre("joined generator-0"));
}

TEST_F(membership_test, AnotherProtocolOrRecipeIsRefusedInWords) {
  auto old = worker("generator-0", 1);
  old.speaks = protocol + 1;
  EXPECT_THAT(tested.join(old, at(0)).why, HasSubstr("same version of troupe"));
  EXPECT_TRUE(tested.join(old, at(0)).refused);
  auto stray = worker("generator-0", 1);
  stray.recipe = "def";
  EXPECT_THAT(tested.join(stray, at(0)).why, HasSubstr("another recipe"));
  EXPECT_TRUE(tested.join(stray, at(0)).refused);
  EXPECT_THAT(happened(), IsEmpty());
}

TEST_F(membership_test, DrainIsToldWithEveryHeartbeatUntilItLeaves) {
  tested.join(worker("generator-0", 1), at(0));
  EXPECT_FALSE(tested.drain("generator-1"));
  EXPECT_TRUE(tested.drain("generator-0"));
  EXPECT_EQ(tested.hear("generator-0", {7, 1}, {}, at(10)).what, order::drain);
  EXPECT_EQ(tested.hear("generator-0", {7, 1}, {.draining = true}, at(20)).what, order::drain);
  EXPECT_EQ(state_of("generator-0", at(20)), member_state::draining);
  tested.leave("generator-0", {7, 1}, "drained", at(30));
  tested.expire(at(60'000));
  EXPECT_THAT(happened(), ElementsAre("joined generator-0", "left generator-0: drained"));
}

TEST_F(membership_test, ANewLifeOfADrainedNameIsNotDrained) {
  tested.join(worker("generator-0", 1), at(0));
  tested.drain("generator-0");
  tested.leave("generator-0", {7, 1}, "drained", at(30));
  tested.join(worker("generator-0", 2), at(40));
  EXPECT_EQ(tested.hear("generator-0", {7, 2}, {}, at(50)).what, order::carry_on);
}

TEST_F(membership_test, GoodbyeOfAnEarlierLifeIsNoGoodbye) {
  tested.join(worker("generator-0", 1), at(0));
  tested.join(worker("generator-0", 2), at(10));
  tested.leave("generator-0", {7, 1}, "late", at(20));
  EXPECT_TRUE(tested.present("generator-0"));
}

TEST_F(membership_test, AfterTheEndEverybodyIsToldToLeave) {
  tested.join(worker("generator-0", 1), at(0));
  tested.finish("the run is finished");
  const auto told = tested.hear("generator-0", {7, 1}, {}, at(10));
  EXPECT_EQ(told.what, order::leave);
  EXPECT_FALSE(told.refused);
  EXPECT_EQ(tested.join(worker("generator-1", 1), at(20)).what, order::leave);
  EXPECT_EQ(tested.hear("nobody", {7, 9}, {}, at(20)).what, order::leave);
}

} // namespace
} // namespace troupe::cluster
