// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster/wait_for.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

member of(const std::string& name, wire::role as, sign_of_life said = {}) {
  return {.who = {.name = name, .as = as}, .last = std::move(said)};
}

/// A run in which the learner waits for a batch that is being made.
wait_facts healthy() {
  return {.stage = "reasoning_rl",
          .members = {of("buffer", wire::role::buffer),
                      of("generator-0", wire::role::generator, {.doing = "sampling", .leases = 1}),
                      of("learner-0", wire::role::learner,
                         {.doing = "waiting for a batch", .doing_for = milliseconds{40}, .waits_for = "buffer"}),
                      of("verifier-0", wire::role::verifier, {.doing = "waiting for samples", .waits_for = "buffer"})},
          .work = "3 of 8 groups ready, 5 generating by generator-0 for 0 s"};
}

member& named(wait_facts& facts, const std::string& name) {
  for (auto& m : facts.members) {
    if (m.who.name == name) {
      return m;
    }
  }
  throw std::out_of_range{name};
}

TEST(WaitFor, AHealthyRunHasNoCulprit) {
  const auto told = explain(healthy());
  EXPECT_THAT(told.summary, HasSubstr("nothing is stuck"));
  EXPECT_THAT(told.culprits, IsEmpty());
}

TEST(WaitFor, TheLearnersLongWaitIsToldInTheBuffersWords) {
  auto facts = healthy();
  named(facts, "learner-0").last.doing_for = milliseconds{41'000};
  EXPECT_EQ(explain(facts).summary, "learner-0: waiting for a batch for 41 s: 3 of 8 groups ready, 5 generating by "
                                    "generator-0 for 0 s");
}

TEST(WaitFor, WhoIsSilentIsNamedWithWhatItHolds) {
  for (const auto* name : {"buffer", "generator-0", "learner-0", "verifier-0"}) {
    auto facts = healthy();
    named(facts, name).silent_for = milliseconds{4000};
    const auto told = explain(facts);
    EXPECT_THAT(told.summary, HasSubstr(std::string{name} + " silent for 4 s"));
    EXPECT_THAT(told.culprits, ElementsAre(name));
  }
  auto facts = healthy();
  named(facts, "generator-0").silent_for = milliseconds{4000};
  EXPECT_THAT(explain(facts).summary, HasSubstr("holds 1 leases"));
}

TEST(WaitFor, AnUnansweredQuestionNamesBothEnds) {
  auto facts = healthy();
  auto& said = named(facts, "verifier-0").last;
  said.unanswered_by = "buffer";
  said.unanswered_for = milliseconds{12'000};
  const auto told = explain(facts);
  EXPECT_EQ(told.summary, "verifier-0 has had no answer of the buffer for 12 s");
  EXPECT_THAT(told.culprits, ElementsAre("verifier-0 - buffer"));
  said.unanswered_for = milliseconds{200}; // as between any question and its answer
  EXPECT_THAT(explain(facts).culprits, IsEmpty());
}

TEST(WaitFor, WhereBothEndsWaitForEachOtherTheWayBetweenThemIsNamed) {
  auto facts = healthy();
  facts.learner_unanswered = milliseconds{9000};
  EXPECT_THAT(explain(facts).culprits, IsEmpty()) << "the learner waits for a batch";
  named(facts, "learner-0").last = {
      .doing = "waiting for the controller", .doing_for = milliseconds{8000}, .waits_for = "controller"};
  EXPECT_THAT(explain(facts).culprits, ElementsAre("controller - learner"));
  EXPECT_THAT(explain(facts).summary, HasSubstr("the controller has waited for its answer for 9 s"));
  facts.learner_unanswered = milliseconds{0};
  EXPECT_THAT(explain(facts).culprits, IsEmpty()) << "the controller has asked nothing: it evaluates";
}

TEST(WaitFor, ABufferThatDoesNotAnswerTheControllerIsNamed) {
  auto facts = healthy();
  facts.work.reset();
  EXPECT_THAT(explain(facts).culprits, ElementsAre("controller - buffer"));
}

TEST(WaitFor, WhatIsMissingIsToldBeforeAllElse) {
  auto facts = healthy();
  facts.missing = {"learner"};
  facts.work.reset();
  std::erase_if(facts.members, [](const auto& m) { return m.who.as == wire::role::learner; });
  EXPECT_THAT(explain(facts).summary, HasSubstr("the learner: none has joined so far"));
  auto lost = of("learner-0", wire::role::learner);
  lost.state = member_state::lost;
  lost.reason = "silent for 5 s";
  facts.members.push_back(lost);
  EXPECT_THAT(explain(facts).summary, HasSubstr("learner-0, which is lost: silent for 5 s"));
  EXPECT_THAT(explain(facts).culprits, ElementsAre("learner-0"));
}

TEST(WaitFor, ARoleWithNobodyAtWorkIsNamed) {
  auto facts = healthy();
  named(facts, "generator-0").state = member_state::draining;
  const auto told = explain(facts);
  EXPECT_THAT(told.culprits, ElementsAre("generator"));
  EXPECT_THAT(told.lines, Contains("generator-0 drains"));
}

TEST(WaitFor, APausedRunIsNobodysFault) {
  auto facts = healthy();
  facts.paused = true;
  EXPECT_THAT(explain(facts).summary, HasSubstr("paused by an operator"));
}

TEST(WaitFor, WhoIsLongAtOneThingIsNamedLast) {
  auto facts = healthy();
  auto& said = named(facts, "verifier-0").last;
  said = {.doing = "judging", .doing_for = milliseconds{41'000}, .leases = 1};
  const auto told = explain(facts);
  EXPECT_THAT(told.lines, Contains("verifier-0: judging for 41 s"));
  EXPECT_THAT(told.culprits, ElementsAre("verifier-0"));
}

/// The same with a rank of the learner in a process of its own.
wait_facts with_rank(sign_of_life said) {
  auto facts = healthy();
  facts.ranks = {"learner-1"};
  facts.members.push_back(of("learner-1", wire::role::learner, std::move(said)));
  return facts;
}

TEST(WaitFor, ARankThatWaitsForItsLearnerIsToldAndNoCulprit) {
  const auto told =
      explain(with_rank({.doing = "waiting for rank 0", .doing_for = milliseconds{9000}, .waits_for = "learner"}));
  EXPECT_EQ(told.summary, "nothing is stuck; learner-0: waiting for a batch");
  EXPECT_THAT(told.lines, Contains("learner-1: waiting for rank 0 for 9 s"));
  EXPECT_THAT(told.culprits, IsEmpty());
}

TEST(WaitFor, ARankThatIsMissingIsNamed) {
  auto facts = with_rank({});
  facts.missing = {"learner-1"};
  named(facts, "learner-1").state = member_state::lost;
  named(facts, "learner-1").reason = "silent for 5 s";
  EXPECT_EQ(explain(facts).summary, "the run waits for learner-1, which is lost: silent for 5 s");
  EXPECT_THAT(explain(facts).culprits, ElementsAre("learner-1"));
  facts.members.pop_back();
  EXPECT_EQ(explain(facts).summary, "the run waits for learner-1, a rank of the learner: it has not joined so far");
}

TEST(WaitFor, ALostRankIsNotTheLearnerThatIsMissing) {
  auto facts = with_rank({});
  named(facts, "learner-1").state = member_state::lost;
  std::erase_if(facts.members, [](const member& m) { return m.who.name == "learner-0"; });
  facts.missing = {"learner"};
  EXPECT_EQ(explain(facts).summary, "the run waits for the learner: none has joined so far");
}

TEST(WaitFor, ARankOwesAnAnswerOnlyWhenItIsNotAtWorkOnIt) {
  auto facts = with_rank({.doing = "training step 3", .doing_for = milliseconds{9000}});
  auto& learner = named(facts, "learner-0").last;
  learner = {.doing = "training step 3",
             .doing_for = milliseconds{9000},
             .unanswered_by = "learner-1",
             .unanswered_for = milliseconds{9000}};
  EXPECT_THAT(explain(facts).culprits, IsEmpty()); // a step takes its time
  named(facts, "learner-1").last = {
      .doing = "waiting for rank 0", .doing_for = milliseconds{9000}, .waits_for = "learner"};
  EXPECT_EQ(explain(facts).summary, "learner-0 has had no answer of learner-1 for 9 s");
  EXPECT_THAT(explain(facts).culprits, ElementsAre("learner-0 - learner-1"));
}

TEST(WaitFor, WhatHasLastedThreeSecondsIsLong) {
  auto facts = healthy();
  auto& said = named(facts, "generator-0").last;
  said.doing_for = milliseconds{2999};
  EXPECT_THAT(explain(facts).culprits, IsEmpty());
  said.doing_for = milliseconds{3000};
  EXPECT_THAT(explain(facts).culprits, ElementsAre("generator-0"));
}

} // namespace
} // namespace troupe::cluster
