// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/stage_test.hpp"

#include <algorithm>

namespace troupe::actors {
namespace {

using rollout::submit_result;

class Buffer : public StageTest {
protected:
  /// Two groups, sampled, judged and ready.
  void make_ready() {
    submit_all(first_, lease(first_, 2));
    judge_all();
  }
  lease_batch_reply lease_batch(epoch present = epoch{1}) {
    return ask<lease_batch_reply>(buffer_, lease_batch_request{learner_, present});
  }
  submit_result commit(const lease_batch_reply& leased, epoch present = epoch{1}) {
    auto step = std::make_shared<step_record>();
    step->version = policy_version{1};
    for (const auto& g : leased.what->groups) {
      step->groups.push_back(g.what.id);
    }
    return ask<submit_reply>(buffer_, commit_request{learner_, present, leased.lease, step}).result;
  }
};

TEST_F(Buffer, HandsNothingOutBeforeAStageBegins) {
  EXPECT_TRUE(lease(first_, 4).work->empty());
  begin();
  EXPECT_EQ(lease(first_, 4).work->size(), 4U); // (1 + 0 + 1) * 2
  EXPECT_TRUE(lease(first_, 4).work->empty()) << "the gate is shut";
}

TEST_F(Buffer, TheSameSampleTwiceExistsAndAnotherConflicts) {
  begin();
  const auto work = lease(first_, 1);
  const auto id = work.work->front().what.id;
  EXPECT_EQ(submit(first_, work.lease, id, answer_of(0)), submit_result::created);
  EXPECT_EQ(submit(first_, work.lease, id, answer_of(0)), submit_result::exists);
  EXPECT_EQ(submit(first_, work.lease, id, answer_of(0, 'b')), submit_result::conflict);
  EXPECT_EQ(journal_->find_sample({id, 0})->tokens.front(), 'a');
}

TEST_F(Buffer, AWorkerWhoseLeaseRanOutIsFencedAndAnotherGetsItsGroup) {
  begin();
  const auto late = lease(first_, 4);
  clock_.now += std::chrono::seconds{61};
  const auto again = lease(second_, 4);
  ASSERT_EQ(again.work->size(), 4U);
  EXPECT_EQ(again.work->front().what.id, late.work->front().what.id);
  EXPECT_EQ(submit(first_, late.lease, late.work->front().what.id, answer_of(0)), submit_result::fenced);
  EXPECT_EQ(submit(second_, again.lease, again.work->front().what.id, answer_of(0)), submit_result::created);
}

TEST_F(Buffer, ARenewedLeaseDoesNotRunOut) {
  begin();
  const auto work = lease(first_, 4);
  clock_.now += std::chrono::seconds{40};
  EXPECT_EQ(ask<submit_reply>(buffer_, renew_request{first_, work.lease}).result, submit_result::created);
  clock_.now += std::chrono::seconds{40};
  EXPECT_TRUE(lease(second_, 4).work->empty());
  EXPECT_EQ(ask<submit_reply>(buffer_, renew_request{second_, work.lease}).result, submit_result::fenced);
}

TEST_F(Buffer, WhatALostWorkerHeldGoesBackAtOnce) {
  begin();
  lease(first_, 4);
  EXPECT_TRUE(lease(second_, 4).work->empty());
  ask<submit_reply>(buffer_, worker_lost_request{first_});
  EXPECT_EQ(lease(second_, 4).work->size(), 4U);
}

TEST_F(Buffer, WhatIsHandedBackIsQueuedAgain) {
  begin();
  const auto work = lease(first_, 4);
  ask<submit_reply>(buffer_, hand_back_request{first_, work.lease, "drained"});
  EXPECT_EQ(state_of(0), group_state::queued);
  EXPECT_EQ(lease(second_, 1).work->front().what.id, work.work->front().what.id);
}

TEST_F(Buffer, TheLearnerAsksTwiceAndGetsTheSameBatch) {
  begin();
  make_ready();
  const auto one = lease_batch();
  const auto two = lease_batch();
  ASSERT_TRUE(one.what && two.what);
  EXPECT_EQ(one.lease, two.lease);
  ASSERT_EQ(one.what->groups.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(one.what->groups[i].what, two.what->groups[i].what);
    EXPECT_EQ(one.what->groups[i].samples, two.what->groups[i].samples);
    EXPECT_EQ(one.what->groups[i].verdicts, two.what->groups[i].verdicts);
  }
}

TEST_F(Buffer, ACommitMovesItsGroupsAndWritesItsStepTogether) {
  begin();
  make_ready();
  const auto leased = lease_batch();
  ASSERT_TRUE(leased.what);
  EXPECT_EQ(commit(leased, epoch{0}), submit_result::fenced) << "a learner of an earlier life";
  EXPECT_TRUE(journal_->steps(stage_index{0}).empty());
  EXPECT_EQ(state_of(0), group_state::leased);
  EXPECT_EQ(commit(leased), submit_result::created);
  EXPECT_EQ(commit(leased), submit_result::exists) << "its answer was lost, it asks again";
  ASSERT_EQ(journal_->steps(stage_index{0}).size(), 1U);
  EXPECT_EQ(state_of(0), group_state::trained);
  EXPECT_EQ(state_of(1), group_state::trained);
}

TEST_F(Buffer, WithoutABatchItSaysWhatIsMissing) {
  begin();
  lease(first_, 4);
  EXPECT_EQ(lease_batch().waiting_for, "0 of 2 groups ready, 4 generating");
}

TEST_F(Buffer, AFinishedStageLeavesNothingOpenAndHandsNothingOut) {
  begin();
  make_ready();
  lease(first_, 2);
  auto record = std::make_shared<stage_record>();
  record->status = stage_status::finished;
  ask<submit_reply>(buffer_, record_request{nullptr, {}, record});
  for (std::uint64_t cursor = 0; cursor < 4; ++cursor) {
    EXPECT_EQ(state_of(cursor), group_state::dropped);
  }
  EXPECT_EQ(journal_->stages().front().status, stage_status::finished);
  EXPECT_TRUE(lease(first_, 4).work->empty());
}

TEST_F(Buffer, AnInterruptedEvaluationGoesOnInTheNextLife) {
  const issue_request evaluation{.why = purpose::eval,
                                 .from = split::validation,
                                 .count = 3,
                                 .num_samples = 1,
                                 .evaluation = 7,
                                 .sampling = std::make_shared<sampling_plan>()};
  begin();
  EXPECT_EQ(ask<issue_reply>(buffer_, evaluation).issued, 3U);
  submit_all(first_, lease(first_, 1));
  judge_all();
  open(epoch{2});
  begin();
  EXPECT_EQ(ask<progress_reply>(buffer_, progress_request{}).unfinished_pinned, 2U);
  EXPECT_EQ(ask<issue_reply>(buffer_, evaluation).issued, 0U);
  submit_all(second_, lease(second_, 2));
  judge_all();
  EXPECT_EQ(ask<progress_reply>(buffer_, progress_request{}).unfinished_pinned, 0U);
  const auto results = ask<evaluation_reply>(buffer_, evaluation_request{stage_index{0}, 7}).by_task;
  EXPECT_EQ(results->at("t").problems, 3U);
}

TEST_F(Buffer, AnErrorIsAnAnswerAndTheBufferGoesOn) {
  begin();
  try {
    ask<read_dataset_reply>(buffer_, read_dataset_request{"nothing"});
    FAIL() << "an empty dataset was read";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::not_found);
    EXPECT_NE(std::string{e.what()}.find("dataset nothing has no records"), std::string::npos) << e.what();
  }
  EXPECT_EQ(lease(first_, 1).work->size(), 1U);
}

} // namespace
} // namespace troupe::actors
