// SPDX-License-Identifier: Apache-2.0
// A learner behind the wire is asked as one of this process, by the newest controller alone, and can be cut off.
#include "actors/learner_calls.hpp"
#include "actors/learner_door.hpp"
#include "actors/remote_learner.hpp"
#include "runtime/wire/incarnation.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

/// A learner that says what it was asked; a step of `endless` patience is never answered.
constexpr std::chrono::milliseconds endless{77'000};

learner_actor::behavior_type scripted_learner(learner_actor::pointer self,
                                              std::shared_ptr<std::vector<std::string>> asked) {
  return {
      [=](const load_stage_request& r) {
        asked->push_back("load " + std::to_string(r.stage.value) + " " + r.folder + " epoch " +
                         std::to_string(r.learner.value));
        return load_stage_reply{policy_version{3}, 2};
      },
      [=](const publish_request& r) {
        asked->push_back("publish " + r.folder);
        return done_reply{};
      },
      [=](const pin_request& r) {
        asked->push_back(r.keep ? "pin" : "unpin");
        return done_reply{};
      },
      [=](const step_request& r) -> caf::result<step_reply> {
        asked->push_back("step");
        if (r.patience == endless) {
          static std::vector<caf::typed_response_promise<step_reply>> kept; // a promise that goes unkept is an answer
          kept.push_back(self->make_response_promise<step_reply>());
          return kept.back();
        }
        return step_reply{.stepped = true, .version = policy_version{4}, .metrics = "{}"};
      },
      [=](const checkpoint_request&) -> caf::result<checkpoint_reply> {
        return to_caf(error{errc::resource_exhausted, "the disk is full"});
      },
  };
}

class remote_learner_test : public testing::Test {
protected:
  remote_learner_test() : system_(config_.set("scheduler.max-threads", std::size_t{1})), self_(system_) {
    learner_ = system_.spawn(scripted_learner, asked_);
    door_ = system_.spawn(learner_door, learner_, std::chrono::seconds{20});
    server_.emplace(wire::server_options{.allowed = may_train}, handler_of(door_));
    first_ = controller();
  }
  ~remote_learner_test() override {
    for (const auto& one : controllers_) {
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    }
    controllers_.clear();
    first_ = nullptr;
    clients_.clear();
    server_.reset();
    caf::anon_send_exit(door_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(learner_, caf::exit_reason::user_shutdown);
    door_ = nullptr;
    learner_ = nullptr;
  }

  remote_learner_actor controller() {
    clients_.push_back(std::make_shared<wire::client>(wire::client_options{.endpoint = server_->endpoint(),
                                                                           .name = "controller",
                                                                           .as = wire::role::controller,
                                                                           .life = wire::new_incarnation()}));
    controllers_.push_back(system_.spawn(remote_learner, clients_.back(), std::chrono::seconds{20}));
    return controllers_.back();
  }

  template <class Reply, class Request>
  Reply ask(const remote_learner_actor& whom, const Request& r) {
    Reply got;
    failed_.reset();
    self_->request(whom, std::chrono::seconds{20}, r)
        .receive([&](const Reply& reply) { got = reply; }, [&](caf::error& e) { failed_ = from_caf(e); });
    return got;
  }

  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::shared_ptr<std::vector<std::string>> asked_ = std::make_shared<std::vector<std::string>>();
  learner_actor learner_;
  door_actor door_;
  std::optional<wire::server> server_;
  std::vector<std::shared_ptr<wire::client>> clients_;
  std::vector<remote_learner_actor> controllers_;
  remote_learner_actor first_;
  std::optional<error> failed_;
};

TEST_F(remote_learner_test, EveryRequestIsAskedAndAnsweredAsInOneProcess) {
  const auto loaded =
      ask<load_stage_reply>(first_, load_stage_request{.stage = stage_index{1}, .folder = "f", .learner = epoch{9}});
  EXPECT_EQ(loaded.version.value, 3U);
  EXPECT_EQ(loaded.trained_again, 2U);
  ask<done_reply>(first_, publish_request{stage_index{1}, "g"});
  ask<done_reply>(first_, pin_request{stage_index{1}, policy_version{3}, true});
  ask<done_reply>(first_, pin_request{stage_index{1}, policy_version{3}, false});
  const auto stepped = ask<step_reply>(first_, step_request{});
  EXPECT_TRUE(stepped.stepped);
  EXPECT_EQ(stepped.metrics, "{}");
  EXPECT_FALSE(failed_);
  EXPECT_EQ(*asked_, (std::vector<std::string>{"load 1 f epoch 9", "publish g", "pin", "unpin", "step"}));
}

TEST_F(remote_learner_test, AnErrorComesBackWithItsCodeAndWords) {
  ask<checkpoint_reply>(first_, checkpoint_request{});
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), errc::resource_exhausted);
  EXPECT_STREQ(failed_->what(), "the disk is full");
}

TEST_F(remote_learner_test, AControllerThatWasReplacedIsRefused) {
  ask<step_reply>(first_, step_request{});
  const auto second = controller();
  ask<step_reply>(second, step_request{});
  EXPECT_FALSE(failed_);
  ask<step_reply>(first_, step_request{});
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), errc::fenced);
  ask<step_reply>(second, step_request{});
  EXPECT_FALSE(failed_);
  EXPECT_EQ(asked_->size(), 3U);
}

TEST_F(remote_learner_test, WhatWaitsEndsWhenItIsCutAndSoDoesAllThatFollows) {
  auto waiting = self_->request(first_, std::chrono::seconds{20}, step_request{endless});
  caf::anon_send(first_, wire_cut{"learner-0 is lost"});
  waiting.receive([](const step_reply&) { ADD_FAILURE() << "answered"; },
                  [&](caf::error& e) { failed_ = from_caf(e); });
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), errc::unavailable);
  EXPECT_STREQ(failed_->what(), "learner-0 is lost");
  ask<step_reply>(first_, step_request{});
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), errc::unavailable);
}

} // namespace
} // namespace troupe::actors
