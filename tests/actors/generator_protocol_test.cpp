// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"
#include "actors/generator.hpp"
#include "tests/actors/deterministic_system.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/scripted_buffer.hpp"
#include "tests/actors/small_run.hpp"

namespace troupe::actors {
namespace {

constexpr std::uint32_t batch_size = 8;
constexpr std::uint32_t endless = 1000000; // tokens of a completion that no test sees the end of

/// One generator with room for 8 completions before a scripted buffer; version 0 of stage `rl` is published. A turn is
/// 8 decode steps.
struct one_generator : deterministic_system {
  one_generator() {
    board->publish(grpo_stage, weights_of(0));
    auto station = std::make_shared<sampling_station>(
        make_fake_backend(model), board, std::make_shared<byte_tokenizer>(), std::make_shared<activity>(), batch_size);
    buffer = ends(sys.spawn(scripted_buffer, script));
    tested = ends(
        sys.spawn(generator, first_generator, buffer, station, batch_size, sink(), std::make_shared<worker_status>()));
  }

  static constexpr std::chrono::seconds renewal{10};
  /// A lease on one group of two samples for each cursor.
  static lease_prompts_reply lease(std::uint64_t id, std::initializer_list<std::uint64_t> cursors) {
    auto work = std::make_shared<std::vector<prompt_work>>();
    for (const auto c : cursors) {
      work->push_back({.what = two_samples(c), .asked = {.task = "letters", .text = "p?"}, .sampling = {}});
    }
    return {.lease = lease_id{id}, .work = std::move(work), .renew_every = renewal};
  }
  void pull() { self->send(tested, pull_work{}); }
  /// Lets the generator ask, and the buffer answer.
  void lease_once() {
    expect((pull_work), from(_).to(tested));
    expect((lease_prompts_request), from(tested).to(buffer));
    expect((lease_prompts_reply), from(buffer).to(tested));
  }

  /// One message after the other, the buffer's first, until `reached`; 100 must do.
  template <class Reached>
  void until(Reached reached) {
    for (int i = 0; i < 100 && !reached(); ++i) {
      sched.prioritize(buffer);
      CAF_REQUIRE(consume_message());
    }
    CAF_REQUIRE(reached());
  }

  /// 20 messages, the buffer's first: several turns.
  void turns() {
    for (int i = 0; i < 20; ++i) {
      sched.prioritize(buffer);
      CAF_REQUIRE(consume_message());
    }
  }

  std::shared_ptr<model_script> model = std::make_shared<model_script>();
  std::shared_ptr<buffer_script> script = std::make_shared<buffer_script>();
  std::shared_ptr<weights_board> board = std::make_shared<weights_board>();
  buffer_actor buffer;
  generator_actor tested;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(generator_tests, one_generator)

CAF_TEST(finished samples go to the buffer under the lease of their group) {
  script->prompts = {lease(11, {4})};
  pull();
  lease_once();
  expect((decode_more), from(tested).to(tested));
  expect((submit_samples_request), from(tested).to(buffer));
  CAF_REQUIRE_EQUAL(script->samples.size(), 1u);
  const auto& sent = *script->samples[0].samples;
  CAF_CHECK_EQUAL(script->samples[0].who.name, "generator-0");
  CAF_REQUIRE_EQUAL(sent.size(), 2u);
  for (std::uint32_t i = 0; i < 2; ++i) {
    CAF_CHECK_EQUAL(sent[i].lease.value, 11u);
    CAF_CHECK_EQUAL(to_string(sent[i].of), "1t4");
    CAF_CHECK(sent[i].what == answer_ab(i));
  }
}

CAF_TEST(it asks for as many groups as it has room for) {
  model->tokens = endless;
  script->prompts = {lease(1, {0})};
  pull();
  lease_once(); // nothing is known of the groups' size yet: 8 / 8
  until([&] { return script->asked_prompts.size() == 2; });
  CAF_CHECK_EQUAL(script->asked_prompts[0].max_groups, 1u);
  CAF_CHECK_EQUAL(script->asked_prompts[1].max_groups, 3u); // (8 - 2) / 2
}

CAF_TEST(it does not ask while it has no room) {
  model->tokens = endless;
  script->prompts = {lease(1, {0, 1, 2, 3})}; // 4 * 2 = 8 completions
  pull();
  lease_once();
  turns();
  CAF_CHECK_EQUAL(script->asked_prompts.size(), 1u);
}

CAF_TEST(without work it asks again after a pause and not before) {
  pull();
  consume_messages(); // ends: a busy loop would not
  CAF_CHECK_EQUAL(script->asked_prompts.size(), 1u);
  advance_time(deadline::idle_poll - std::chrono::microseconds{1});
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_prompts.size(), 1u);
  advance_time(std::chrono::microseconds{1});
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_prompts.size(), 2u);
}

CAF_TEST(a draining generator hands every lease back and asks no more) {
  model->tokens = endless;
  script->prompts = {lease(1, {0}), lease(2, {1})};
  pull();
  lease_once();
  until([&] { return script->asked_prompts.size() == 3; }); // the second answer has come, too
  CAF_CHECK(static_cast<bool>(ask<done_reply>(tested, drain_request{})));
  CAF_REQUIRE_EQUAL(script->handed_back.size(), 2u);
  CAF_CHECK_EQUAL(script->handed_back[0].lease.value, 1u);
  CAF_CHECK_EQUAL(script->handed_back[1].lease.value, 2u);
  CAF_CHECK_EQUAL(script->handed_back[0].why, "drained");
  for (const auto& back : script->handed_back) {
    CAF_REQUIRE(back.partials != nullptr);
    CAF_CHECK_EQUAL(back.partials->size(), 2u); // of the group's two answers what there is
    CAF_CHECK(!back.partials->at(1).what.tokens.empty());
  }
  const auto asked = script->asked_prompts.size();
  pull();
  consume_messages();
  advance_time(deadline::idle_poll);
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_prompts.size(), asked);
  CAF_CHECK(script->samples.empty());
}

CAF_TEST(a lease that comes after the drain is handed back at once) {
  script->prompts = {lease(5, {0})};
  pull();
  expect((pull_work), from(_).to(tested));
  auto drained = self->request(tested, caf::infinite, drain_request{});
  expect((drain_request), from(self).to(tested));
  expect((lease_prompts_request), from(tested).to(buffer));
  consume_messages();
  CAF_CHECK(static_cast<bool>(take<done_reply>(drained)));
  CAF_REQUIRE_EQUAL(script->handed_back.size(), 1u);
  CAF_CHECK_EQUAL(script->handed_back[0].lease.value, 5u);
}

CAF_TEST(what the sampler throws reaches the failure sink with the name of the worker) {
  model->sampling_fails = "the sampler broke";
  script->prompts = {lease(1, {0})};
  pull();
  consume_messages();
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK_EQUAL(failures[0], "generator-0: the sampler broke");
  CAF_CHECK(script->samples.empty());
}

CAF_TEST(an error of the buffer reaches the failure sink in its own words) {
  script->fails = "block 7 is damaged";
  pull();
  consume_messages();
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK_EQUAL(failures[0], "generator-0: block 7 is damaged");
}

CAF_TEST(a buffer that does not answer in time is a failure) {
  pull();
  expect((pull_work), from(_).to(tested));
  advance_time(deadline::buffer); // the request is still in the buffer's mailbox
  expect((caf::error), from(_).to(tested));
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK_EQUAL(failures[0], "generator-0: an actor did not answer in time");
}

CAF_TEST(each lease is renewed once in every renewal interval) {
  model->tokens = endless;
  script->prompts = {lease(1, {0}), lease(2, {1})};
  pull();
  lease_once();
  turns();
  CAF_CHECK(script->prompts.empty());
  CAF_CHECK(script->renewed.empty());
  advance_time(renewal - std::chrono::microseconds{1});
  turns();
  CAF_CHECK(script->renewed.empty());
  advance_time(std::chrono::microseconds{1});
  turns();
  CAF_REQUIRE_EQUAL(script->renewed.size(), 2u);
  CAF_CHECK_EQUAL(script->renewed[0].lease.value, 1u);
  CAF_CHECK_EQUAL(script->renewed[1].lease.value, 2u);
  CAF_CHECK_EQUAL(script->renewed[0].who.name, "generator-0");
}

CAF_TEST(a fenced answer makes it ask for each lease that was in it whether it still holds) {
  script->prompts = {lease(1, {0})};
  script->submitted = {rollout::submit_result::fenced};
  pull();
  lease_once();
  until([&] { return script->renewed.size() == 1; }); // long before a renewal is due
  CAF_CHECK_EQUAL(script->samples.at(0).samples->at(0).lease.value, 1u);
  CAF_CHECK_EQUAL(script->renewed[0].lease.value, 1u);
}

CAF_TEST(a lease that cannot be renewed is let go of and nothing of it is submitted) {
  model->tokens = 160; // twenty turns
  script->prompts = {lease(1, {0}), lease(2, {1})};
  script->renewals = {rollout::submit_result::fenced, rollout::submit_result::created};
  pull();
  lease_once();
  until([&] { return script->asked_prompts.size() == 3; }); // the second lease has come
  advance_time(renewal);
  until([&] { return script->renewed.size() == 2; });
  until([&] { return !script->samples.empty(); });
  for (const auto& one : *script->samples[0].samples) {
    CAF_CHECK_EQUAL(one.lease.value, 2u);
  }
}

CAF_TEST(new weights are taken up between two turns and start a new segment) {
  model->tokens = 10;
  script->prompts = {lease(1, {0})};
  pull();
  lease_once();
  expect((decode_more), from(tested).to(tested)); // 8 tokens
  board->publish(grpo_stage, weights_of(1));
  expect((decode_more), from(tested).to(tested)); // the other 2
  expect((submit_samples_request), from(tested).to(buffer));
  const auto& s = script->samples.at(0).samples->at(0).what;
  const std::vector<segment> two{{segment_source::policy, 0, 8, policy_version{0}},
                                 {segment_source::policy, 8, 10, policy_version{1}}};
  CAF_CHECK(s.segments == two);
}

CAF_TEST(work for weights that are not published yet waits without a busy loop) {
  auto work = std::make_shared<std::vector<prompt_work>>(*lease(1, {0}).work);
  work->front().not_before = policy_version{1};
  script->prompts = {{.lease = lease_id{1}, .work = work}};
  pull();
  consume_messages(); // ends
  CAF_CHECK(script->samples.empty());
  board->publish(grpo_stage, weights_of(1));
  advance_time(deadline::idle_poll);
  consume_messages();
  CAF_REQUIRE_EQUAL(script->samples.size(), 1u);
  CAF_CHECK_EQUAL(script->samples[0].samples->at(0).what.segments.at(0).version.value, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()

} // namespace troupe::actors
