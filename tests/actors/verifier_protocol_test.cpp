// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"
#include "actors/verifier.hpp"
#include "tests/actors/deterministic_system.hpp"
#include "tests/actors/scripted_buffer.hpp"
#include "tests/actors/small_run.hpp"

namespace troupe::actors {
namespace {

/// One verifier before a scripted buffer. Its judge says that member 0 of a group is correct and member 1 is not.
struct one_verifier : deterministic_system {
  one_verifier() {
    buffer = ends(sys.spawn(scripted_buffer, script));
    tested = ends(sys.spawn(verifier, first_verifier, buffer, judge_group{[this](const generated_group& g) {
                              if (!judging_fails.empty()) {
                                throw error{errc::failed, judging_fails};
                              }
                              judged_ids.push_back(to_string(g.what.id));
                              advance_time(judging_takes);
                              return std::vector<judgement>{judged(true), judged(false)};
                            }},
                            sink(), std::make_shared<worker_status>()));
  }

  static lease_generated_reply lease(std::uint64_t id, std::initializer_list<std::uint64_t> cursors) {
    auto groups = std::make_shared<std::vector<generated_group>>();
    for (const auto c : cursors) {
      groups->push_back({.what = two_samples(c), .asked = {}, .samples = {answer_ab(0), answer_ab(1)}});
    }
    return {.lease = lease_id{id}, .groups = std::move(groups), .renew_every = renewal};
  }

  static constexpr std::chrono::seconds renewal{10};
  std::string judging_fails;
  std::chrono::seconds judging_takes{0};
  std::vector<std::string> judged_ids;
  std::shared_ptr<buffer_script> script = std::make_shared<buffer_script>();
  buffer_actor buffer;
  verifier_actor tested;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(verifier_tests, one_verifier)

CAF_TEST(it leases and judges and submits and asks again) {
  script->generated = {lease(3, {4, 5})};
  self->send(tested, pull_work{});
  expect((pull_work), from(_).to(tested));
  expect((lease_generated_request), from(tested).to(buffer));
  expect((lease_generated_reply), from(buffer).to(tested));
  expect((pull_work), from(tested).to(tested));
  expect((submit_verdict_request), from(tested).to(buffer));
  expect((write_reply), from(buffer).to(tested));
  expect((pull_work), from(tested).to(tested));
  expect((lease_generated_request), from(tested).to(buffer));
  CAF_REQUIRE_EQUAL(script->verdicts.size(), 1u);
  CAF_CHECK_EQUAL(script->verdicts[0].who.name, "verifier-0");
  const auto& sent = *script->verdicts[0].groups;
  CAF_REQUIRE_EQUAL(sent.size(), 2u);
  CAF_CHECK_EQUAL(to_string(sent[0].of), "1t4");
  CAF_CHECK_EQUAL(to_string(sent[1].of), "1t5");
  CAF_CHECK_EQUAL(sent[0].lease.value, 3u);
  CAF_CHECK_EQUAL(sent[1].lease.value, 3u);
  CAF_CHECK((sent[0].judgements == std::vector<judgement>{judged(true), judged(false)}));
}

CAF_TEST(a slow judge hands in group by group) {
  judging_takes = deadline::verdicts;
  script->generated = {lease(3, {4, 5})};
  self->send(tested, pull_work{});
  consume_messages();
  CAF_REQUIRE_EQUAL(script->verdicts.size(), 2u);
  CAF_REQUIRE_EQUAL(script->verdicts[0].groups->size(), 1u);
  CAF_CHECK_EQUAL(to_string(script->verdicts[0].groups->front().of), "1t4");
  CAF_CHECK_EQUAL(to_string(script->verdicts[1].groups->front().of), "1t5");
}

CAF_TEST(a lease is renewed while its groups are judged and no longer) {
  judging_takes = renewal;
  script->generated = {lease(3, {4, 5})};
  self->send(tested, pull_work{});
  consume_messages(); // the keeper's time begins with the first hand-in and is over within the second group
  CAF_CHECK_EQUAL(script->verdicts.size(), 2u);
  CAF_REQUIRE_EQUAL(script->renewed.size(), 1u);
  CAF_CHECK_EQUAL(script->renewed[0].lease.value, 3u);
  CAF_CHECK_EQUAL(script->renewed[0].who.name, "verifier-0");
  advance_time(renewal);
  consume_messages();
  CAF_CHECK_EQUAL(script->renewed.size(), 1u);
}

CAF_TEST(a lease that has ended is judged no further) {
  judging_takes = deadline::verdicts;
  script->generated = {lease(3, {4, 5}), lease(7, {5})};
  script->judged = {rollout::submit_result::fenced};
  self->send(tested, pull_work{});
  consume_messages();
  CAF_REQUIRE_EQUAL(script->verdicts.size(), 2u);
  CAF_CHECK_EQUAL(script->verdicts[1].groups->front().lease.value, 7u);
}

CAF_TEST(without work it asks again after a pause and not before) {
  self->send(tested, pull_work{});
  consume_messages(); // ends: a busy loop would not
  CAF_CHECK_EQUAL(script->asked_generated.size(), 1u);
  advance_time(deadline::idle_poll - std::chrono::microseconds{1});
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_generated.size(), 1u);
  advance_time(std::chrono::microseconds{1});
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_generated.size(), 2u);
}

CAF_TEST(two pulls at once are one question) {
  self->send(tested, pull_work{});
  self->send(tested, pull_work{});
  expect((pull_work), from(_).to(tested));
  expect((pull_work), from(_).to(tested));
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_generated.size(), 1u);
}

CAF_TEST(what the judge throws reaches the failure sink with the name of the worker) {
  judging_fails = "no such verifier";
  script->generated = {lease(3, {4})};
  self->send(tested, pull_work{});
  consume_messages();
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK_EQUAL(failures[0], "verifier-0: no such verifier");
  CAF_CHECK(script->verdicts.empty());
}

CAF_TEST(an error of the buffer reaches the failure sink in its own words) {
  script->fails = "block 7 is damaged";
  self->send(tested, pull_work{});
  consume_messages();
  CAF_REQUIRE_EQUAL(failures.size(), 1u);
  CAF_CHECK_EQUAL(failures[0], "verifier-0: block 7 is damaged");
}

CAF_TEST(a draining verifier submits what it holds and asks no more) {
  script->generated = {lease(3, {4})};
  self->send(tested, pull_work{});
  expect((pull_work), from(_).to(tested));
  auto drained = self->request(tested, caf::infinite, drain_request{});
  consume_messages();
  CAF_CHECK(static_cast<bool>(take<done_reply>(drained)));
  CAF_CHECK_EQUAL(script->verdicts.size(), 1u);
  advance_time(deadline::idle_poll);
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_generated.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()

} // namespace troupe::actors
