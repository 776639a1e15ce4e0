// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer.hpp"
#include "actors/failure.hpp"
#include "actors/interfaces.hpp"
#include "tests/actors/fakes.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <filesystem>
#include <gtest/gtest.h>

/// One stage with a real buffer on a real store, on CAF's deterministic scheduler: nothing moves but by `run`, and time
/// passes only where a test says so. Two groups a batch, two samples a group.
namespace troupe::actors {

class StageTest : public ::testing::Test {
protected:
  StageTest() {
    std::filesystem::remove_all(folder_);
    config::stage_spec s{.name = "rl", .type = config::stage_type::grpo, .data = {{.task = "t"}}};
    s.num_generations = 2;
    s.groups_per_batch = 2;
    s.max_staleness = 1;
    recipe_.name = "test";
    recipe_.lease_s = 60;
    recipe_.stages = {s};
    recipe_.stages.push_back(
        {.name = "collect", .type = config::stage_type::rejection_sampling, .data = {{.task = "t"}}});
    open(epoch{1});
  }
  ~StageTest() override {
    for (const auto& a : watched_) {
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    }
    scheduler().run();
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// A new life of the buffer on the same store.
  void open(epoch present) {
    if (buffer_) {
      caf::anon_send_exit(buffer_, caf::exit_reason::user_shutdown);
      buffer_ = nullptr;
      scheduler().run();
    }
    service_.reset();
    const auto mode = journal_ ? store::open_mode::existing : store::open_mode::create;
    journal_.reset();
    journal_ = std::make_unique<store::journal>(folder_ + "/store", mode);
    service_ = std::make_shared<buffer_service>(*journal_, recipe_, sources_, present, clock_);
    buffer_ = system_.spawn(buffer, service_, clock_source{[this] { return clock_; }});
    watched_.push_back(caf::actor_cast<caf::actor>(buffer_));
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  /// Asks, lets everything run, and gives the answer; an error answer is thrown.
  template <class Reply, class Target, class Request>
  Reply ask(const Target& whom, Request what) {
    caf::scoped_actor self{system_};
    auto asked = self->request(whom, caf::infinite, std::move(what));
    scheduler().run();
    std::optional<Reply> got;
    std::optional<error> failed;
    asked.receive([&](Reply& reply) { got = std::move(reply); }, [&](caf::error& e) { failed = from_caf(e); });
    if (failed) {
      throw *failed;
    }
    return std::move(*got);
  }

  void begin(policy_version version = {}) {
    ask<begin_stage_reply>(buffer_, begin_stage_request{stage_index{0}, version});
  }

  lease_prompts_reply lease(const worker_name& who, std::uint32_t groups) {
    return ask<lease_prompts_reply>(buffer_, lease_prompts_request{who, groups});
  }
  static sample answer_of(std::uint32_t index, std::int32_t token = 'a') {
    return {.index = index,
            .tokens = {token},
            .logprobs = {-0.5F},
            .loss_mask = {1},
            .segments = {{segment_source::policy, 0, 1, policy_version{}}},
            .text = "a"};
  }
  rollout::submit_result submit(const worker_name& who, lease_id lease, const group_id& of, const sample& what) {
    auto samples = std::make_shared<std::vector<sampled>>();
    samples->push_back({lease, of, what});
    return ask<submit_reply>(buffer_, submit_samples_request{who, samples}).result;
  }
  void submit_all(const worker_name& who, const lease_prompts_reply& work) {
    for (const auto& one : *work.work) {
      for (std::uint32_t i = 0; i < one.what.members.size(); ++i) {
        ASSERT_EQ(submit(who, work.lease, one.what.id, answer_of(i)), rollout::submit_result::created);
      }
    }
  }
  /// The first sample of each group is right, the others are wrong.
  static std::vector<judgement> verdicts_on(const generated_group& g) {
    std::vector<judgement> said(g.samples.size(), {.verdict = verdict_kind::incorrect});
    said.front() = {.verdict = verdict_kind::correct, .reward = 1};
    return said;
  }
  void judge_all() {
    const auto work = ask<lease_generated_reply>(buffer_, lease_generated_request{judge_, 100});
    auto judged = std::make_shared<std::vector<judged_group>>();
    for (const auto& g : *work.groups) {
      judged->push_back({work.lease, g.what.id, verdicts_on(g)});
    }
    ask<submit_reply>(buffer_, submit_verdict_request{judge_, judged});
  }
  group_state state_of(std::uint64_t cursor) const {
    return journal_->find_group({stage_index{0}, purpose::train, cursor, 0}).value().state;
  }

  static caf::actor_system_config& deterministic(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    config.set("logger.verbosity", caf::atom("quiet"));
    return config;
  }

  const std::string folder_ =
      ::testing::TempDir() + "stage_test." + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  caf::actor_system_config config_;
  caf::actor_system system_{deterministic(config_)};
  clock_reading clock_{rollout::monotonic_ms{1000}, 0};
  config::recipe recipe_;
  source_map sources_{{"t", std::make_shared<numbered_questions>()}};
  std::unique_ptr<store::journal> journal_;
  std::shared_ptr<buffer_service> service_;
  buffer_actor buffer_;
  std::vector<caf::actor> watched_;
  const worker_name first_{"generator-0", {1, 1}};
  const worker_name second_{"generator-1", {1, 2}};
  const worker_name judge_{"verifier-0", {2, 1}};
  const worker_name learner_{"learner-0", {3, 1}};
};

} // namespace troupe::actors
