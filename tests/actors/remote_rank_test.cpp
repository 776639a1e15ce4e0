// SPDX-License-Identifier: Apache-2.0
// A rank behind the wire is asked as one of this process, by a learner alone, and fails as one of this process.
#include "actors/learner_ranks.hpp"
#include "actors/rank_calls.hpp"
#include "actors/rank_door.hpp"
#include "actors/remote_rank.hpp"
#include "runtime/wire/incarnation.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/scripted_buffer.hpp"
#include "tests/actors/small_run.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr epoch now{4};

/// A rank that says what it was asked.
learner_rank_actor::behavior_type scripted_rank(learner_rank_actor::pointer,
                                                std::shared_ptr<std::vector<std::string>> asked) {
  return {
      [=](const load_share_request& r) {
        asked->push_back("load " + std::to_string(r.what.stage.value) + " " + r.what.folder +
                         (r.what.with_optimizer ? " optimizer" : "") + " version " +
                         std::to_string(r.what.version.value) + " branch " + std::to_string(r.what.branch) + " epoch " +
                         std::to_string(r.what.learner.value));
        return done_reply{};
      },
      [=](const join_ranks_request& r) {
        asked->push_back("join " + r.where.address + " as " + std::to_string(r.where.rank) + " of " +
                         std::to_string(r.where.size) + " within " + std::to_string(r.where.deadline.count()) +
                         " epoch " + std::to_string(r.learner.value));
        return done_reply{};
      },
      [=](const train_share_request& r) {
        std::string groups;
        for (const auto& id : r.groups) {
          groups += " " + to_string(id);
        }
        asked->push_back("train after " + std::to_string(r.version.value) + " from " + std::to_string(r.data_cursor) +
                         " epoch " + std::to_string(r.learner.value) + groups);
        return done_reply{};
      },
      [=](const gather_share_request& r) -> caf::result<done_reply> {
        asked->push_back("gather");
        return to_caf(error{errc::conflict, "at version 3, not at " + std::to_string(r.version.value)});
      },
  };
}

class remote_rank_test : public testing::Test {
protected:
  remote_rank_test() : system_(config_.set("scheduler.max-threads", std::size_t{1})), self_(system_) {}
  ~remote_rank_test() override {
    for (const auto& one : spawned_) {
      caf::anon_send_exit(one, caf::exit_reason::kill);
    }
    rank0_ = nullptr;
    client_.reset();
    server_.reset();
  }

  template <class Handle>
  Handle ends(Handle one) {
    spawned_.push_back(caf::actor_cast<caf::actor>(one));
    return one;
  }

  /// Puts `rank` behind a door.
  void serve(const learner_rank_actor& rank) {
    server_.emplace(wire::server_options{.allowed = may_lead},
                    handler_of(ends(system_.spawn(rank_door, rank, patience))));
    rank0_ = dial(wire::role::learner);
  }
  learner_rank_actor dial(wire::role as) {
    client_ = std::make_shared<wire::client>(wire::client_options{
        .endpoint = server_->endpoint(), .name = "learner-0", .as = as, .life = wire::new_incarnation()});
    learner_rank_actor rank = system_.spawn(remote_rank, client_, patience);
    return ends(rank);
  }

  template <class Reply, class Target, class Request>
  std::optional<error> ask(const Target& whom, const Request& r) {
    std::optional<error> failed;
    self_->request(whom, patience, r).receive([](const Reply&) {}, [&](caf::error& e) { failed = from_caf(e); });
    return failed;
  }

  scratch_folder folder_;
  config::recipe recipe_ = small_recipe();
  std::shared_ptr<model_script> model_ = std::make_shared<model_script>();
  std::shared_ptr<model_script> model_of_rank_ = std::make_shared<model_script>();
  std::shared_ptr<buffer_script> script_ = std::make_shared<buffer_script>();
  caf::actor_system_config config_; // from here on nothing outlives the actors
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::vector<caf::actor> spawned_;
  std::optional<wire::server> server_;
  std::shared_ptr<wire::client> client_;
  learner_rank_actor rank0_;
  std::shared_ptr<std::vector<std::string>> asked_ = std::make_shared<std::vector<std::string>>();
};

TEST_F(remote_rank_test, EveryRequestIsAskedAndAnsweredAsInOneProcess) {
  serve(ends(system_.spawn(scripted_rank, asked_)));
  EXPECT_FALSE(ask<done_reply>(rank0_, load_share_request{{.stage = stage_index{1},
                                                           .folder = "f",
                                                           .with_optimizer = true,
                                                           .version = policy_version{3},
                                                           .branch = 2,
                                                           .learner = epoch{9}}}));
  EXPECT_FALSE(ask<done_reply>(
      rank0_, join_ranks_request{{.address = "h:1", .rank = 2, .size = 3, .deadline = std::chrono::milliseconds{77}},
                                 epoch{9}}));
  EXPECT_FALSE(ask<done_reply>(rank0_, train_share_request{.learner = epoch{9},
                                                           .version = policy_version{3},
                                                           .data_cursor = 96,
                                                           .groups = {two_samples(5).id, two_samples(6).id}}));
  const auto failed = ask<done_reply>(rank0_, gather_share_request{epoch{9}, policy_version{4}});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), errc::conflict);
  EXPECT_STREQ(failed->what(), "at version 3, not at 4");
  EXPECT_EQ(*asked_,
            (std::vector<std::string>{
                "load 1 f optimizer version 3 branch 2 epoch 9", "join h:1 as 2 of 3 within 77 epoch 9",
                "train after 3 from 96 epoch 9 " + to_string(two_samples(5).id) + " " + to_string(two_samples(6).id),
                "gather"}));
}

TEST_F(remote_rank_test, NobodyButALearnerAsksARank) {
  serve(ends(system_.spawn(scripted_rank, asked_)));
  for (const auto as : {wire::role::controller, wire::role::buffer, wire::role::generator, wire::role::verifier}) {
    const auto failed = ask<done_reply>(dial(as), gather_share_request{});
    ASSERT_TRUE(failed) << wire::to_string(as);
    EXPECT_EQ(failed->code(), errc::invalid) << failed->what();
  }
  EXPECT_TRUE(asked_->empty());
}

/// A learner whose second rank is behind the wire. Fake ranks do not wait for each other.
class two_ranks_test : public remote_rank_test {
protected:
  two_ranks_test() {
    recipe_.learners = 2;
    buffer_ = ends(system_.spawn(scripted_buffer, script_));
    auto of_rank = parts(model_of_rank_);
    of_rank->meeting_host = "rank-1.host";
    of_rank_ = of_rank;
    serve(spawn_rank());
    auto of_learner = parts(model_);
    of_learner->ranks = {rank0_};
    learner_actor whole =
        system_.spawn<caf::detached>(learner, std::shared_ptr<const learner_parts>{of_learner}, buffer_);
    learner_ = ends(whole);
    script_->stored[share_after(0, now).groups] = batch_;
  }

  std::shared_ptr<learner_parts> parts(const std::shared_ptr<model_script>& model) {
    auto p = std::make_shared<learner_parts>();
    p->recipe = &recipe_;
    p->backend = make_fake_backend(model);
    p->board = std::make_shared<weights_board>();
    p->tokenizer = std::make_shared<byte_tokenizer>();
    p->meter = std::make_shared<activity>();
    p->sources = small_sources();
    p->run_folder = folder_.path();
    p->who = the_learner;
    return p;
  }
  learner_rank_actor spawn_rank() { return ends(system_.spawn<caf::detached>(learner_rank, of_rank_, buffer_)); }
  static train_share_request share_after(std::uint64_t version, epoch learner) {
    return {.learner = learner,
            .version = policy_version{version},
            .data_cursor = 0,
            .groups = {two_samples(0).id, two_samples(1).id}};
  }

  std::optional<error> load(epoch learner) {
    return ask<load_stage_reply>(learner_, load_stage_request{.stage = grpo_stage, .learner = learner});
  }
  std::optional<error> step() {
    script_->batches.push_back({.lease = lease_id{9}, .what = batch_});
    return ask<step_reply>(learner_, step_request{std::chrono::milliseconds{-1}});
  }

  std::shared_ptr<const learner_parts> of_rank_;
  payload<batch> batch_ = two_groups(0);
  buffer_actor buffer_;
  learner_actor learner_;
};

TEST_F(two_ranks_test, ARankBehindTheWireReadsTheBatchAndTrainsItsShare) {
  ASSERT_FALSE(load(now));
  EXPECT_FALSE(step());
  EXPECT_FALSE(ask<done_reply>(rank0_, share_after(1, now))); // once it has done the step's
  EXPECT_EQ(model_->done, (std::vector<std::string>{"rank 0 grpo 4"}));
  EXPECT_EQ(model_of_rank_->done, (std::vector<std::string>{"rank 1 grpo 4", "rank 1 grpo 4"}));
  EXPECT_EQ(script_->read.size(), 2U);
  EXPECT_EQ(of_rank_->status->read().version.value, 2U);
  EXPECT_EQ(of_rank_->status->read().waits_for, "learner");
  EXPECT_EQ(model_of_rank_->host, "rank-1.host") << "the host of rank 0";
}

TEST_F(two_ranks_test, ARankOfAnotherLifeHasNoStage) {
  ASSERT_FALSE(load(now));
  const auto failed = ask<done_reply>(spawn_rank(), share_after(0, now));
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), errc::unavailable);
  EXPECT_STREQ(failed->what(), "this rank was started and has no stage so far");
}

TEST_F(two_ranks_test, ARankObeysNoEarlierEpoch) {
  ASSERT_FALSE(load(epoch{5}));
  const auto failed = ask<done_reply>(rank0_, load_share_request{{.stage = grpo_stage, .learner = epoch{4}}});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), errc::fenced);
  EXPECT_FALSE(ask<done_reply>(rank0_, share_after(0, epoch{5}))) << "it has let go of its model";
}

TEST_F(two_ranks_test, WhereTheRankFailsTheStepIsUnavailableInItsWords) {
  ASSERT_FALSE(load(now));
  model_->training_fails = "another rank is gone"; // what the collective says to rank 0
  model_->training_code = errc::unavailable;
  model_of_rank_->other_rank_fails = "no memory left";
  const auto failed = step();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), errc::unavailable);
  EXPECT_STREQ(failed->what(), "rank 1: no memory left; the learner must load its stage anew");
  EXPECT_TRUE(script_->committed.empty());
  EXPECT_EQ(of_rank_->status->read().doing, "waiting for the stage to be loaded anew");
}

} // namespace
} // namespace troupe::actors
