// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer.hpp"
#include "actors/deadlines.hpp"
#include "tests/actors/deterministic_system.hpp"
#include "tests/actors/small_run.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <chrono>
#include <limits>
#include <thread>

namespace troupe::actors {
namespace {

constexpr epoch present{1};

/// The buffer on a real journal, in stage `rl`; its clock is `at`.
struct one_buffer : deterministic_system {
  one_buffer() {
    tested = ends(sys.spawn(
        buffer, std::make_shared<buffer_service>(*journal, recipe, small_sources(), at), [this] { return at; },
        space_watch{[this](const auto& text) { said.push_back(text); }, [this] { return stop; }}));
    CAF_REQUIRE(static_cast<bool>(ask<done_reply>(tested, begin_stage_request{grpo_stage, {}})));
  }

  lease_prompts_reply lease(const worker_name& who, std::uint32_t groups) {
    return unbox(ask<lease_prompts_reply>(tested, lease_prompts_request{who, groups}));
  }
  rollout::submit_result submit(const worker_name& who, lease_id lease, const group_id& of, sample what) {
    auto one = std::make_shared<std::vector<sampled>>();
    one->push_back({lease, of, std::move(what)});
    return unbox(ask<write_reply>(tested, submit_samples_request{who, one})).result;
  }
  /// Samples and judges two groups: ready.
  void make_batch_ready() {
    const auto work = lease(first_generator, 2);
    for (const auto& w : *work.work) {
      for (std::uint32_t i = 0; i < 2; ++i) {
        CAF_REQUIRE(submit(first_generator, work.lease, w.what.id, answer_ab(i)) == rollout::submit_result::created);
      }
    }
    const auto sampled = unbox(ask<lease_generated_reply>(tested, lease_generated_request{first_verifier, 2}));
    auto said = std::make_shared<std::vector<judged_group>>();
    for (const auto& g : *sampled.groups) {
      said->push_back({sampled.lease, g.what.id, {judged(true), judged(false)}});
    }
    CAF_REQUIRE(unbox(ask<write_reply>(tested, submit_verdict_request{first_verifier, said})).result ==
                rollout::submit_result::created);
  }
  lease_batch_reply batch_for(epoch e) {
    return unbox(ask<lease_batch_reply>(tested, lease_batch_request{the_learner, e}));
  }
  rollout::submit_result commit(epoch e, const lease_batch_reply& b) {
    auto step = std::make_shared<step_record>();
    step->stage = grpo_stage;
    step->version = policy_version{1};
    for (const auto& g : b.what->groups) {
      step->groups.push_back(g.what.id);
    }
    return unbox(ask<write_reply>(tested, commit_request{the_learner, e, b.lease, step})).result;
  }
  /// A sample is sent while the disk takes nothing more; nobody answers yet.
  auto submit_to_a_full_disk(const lease_prompts_reply& work) {
    disk.limit(disk.used());
    auto samples = std::make_shared<std::vector<sampled>>();
    for (std::uint32_t i = 0; i < 2; ++i) {
      samples->push_back({work.lease, work.work->at(0).what.id, answer_ab(i)});
    }
    auto waiting = self->request(tested, caf::infinite, submit_samples_request{first_generator, samples});
    consume_messages();
    CAF_REQUIRE(self->mailbox().empty());
    return waiting;
  }
  group stored(std::uint64_t cursor) { return journal->find_group(two_samples(cursor).id).value(); }

  std::vector<std::string> said; ///< by a buffer that waits for space
  bool stop = false;
  config::recipe recipe = small_recipe();
  store::volatile_disk disk;
  std::unique_ptr<store::journal> journal =
      std::make_unique<store::journal>("/store", store::open_mode::create, store::storage{&disk.env(), "boot"});
  clock_reading at{.now = rollout::monotonic_ms{1000}, .wall_ms = 5};
  buffer_actor tested;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(buffer_tests, one_buffer)

CAF_TEST(a sample submitted twice exists and another under its id is a conflict) {
  const auto work = lease(first_generator, 1);
  const auto id = work.work->at(0).what.id;
  CAF_CHECK(submit(first_generator, work.lease, id, answer_ab(0)) == rollout::submit_result::created);
  CAF_CHECK(submit(first_generator, work.lease, id, answer_ab(0)) == rollout::submit_result::exists);
  auto other = answer_ab(0);
  other.text = "ba";
  other.tokens = {'b', 'a', 0};
  CAF_CHECK(submit(first_generator, work.lease, id, other) == rollout::submit_result::conflict);
  CAF_CHECK(journal->find_sample({id, 0}) == answer_ab(0));
}

CAF_TEST(a group whose lease ran out goes to another worker and the first is fenced) {
  const auto first = lease(first_generator, 1);
  at.now += rollout::monotonic_ms{59999};
  CAF_CHECK_EQUAL(to_string(lease(second_generator, 1).work->at(0).what.id), "1t1"); // 1t0 is still the first's
  at.now += rollout::monotonic_ms{1};                                                // 60 s
  const auto again = lease(second_generator, 1);
  CAF_CHECK_EQUAL(to_string(again.work->at(0).what.id), "1t0");
  CAF_CHECK_NOT_EQUAL(again.lease.value, first.lease.value);
  const auto id = two_samples(0).id;
  CAF_CHECK(submit(first_generator, first.lease, id, answer_ab(0)) == rollout::submit_result::fenced);
  CAF_CHECK(!journal->find_sample({id, 0}));
  CAF_CHECK(submit(second_generator, again.lease, id, answer_ab(0)) == rollout::submit_result::created);
}

CAF_TEST(a renewed lease outlives its first deadline) {
  const auto first = lease(first_generator, 1);
  at.now += rollout::monotonic_ms{40000};
  const auto renewed = unbox(ask<write_reply>(tested, renew_request{first_generator, first.lease}));
  CAF_CHECK(renewed.result == rollout::submit_result::created);
  at.now += rollout::monotonic_ms{40000};
  CAF_CHECK_EQUAL(to_string(lease(second_generator, 1).work->at(0).what.id), "1t1");
  at.now += rollout::monotonic_ms{60000};
  lease(second_generator, 1);
  const auto late = unbox(ask<write_reply>(tested, renew_request{first_generator, first.lease}));
  CAF_CHECK(late.result == rollout::submit_result::fenced);
}

CAF_TEST(what is handed back is queued and goes to the next who asks) {
  const auto first = lease(first_generator, 1);
  CAF_CHECK(stored(0).state == group_state::generating);
  CAF_CHECK(static_cast<bool>(ask<write_reply>(tested, hand_back_request{first_generator, first.lease, "drained"})));
  CAF_CHECK(stored(0).state == group_state::queued);
  CAF_CHECK_EQUAL(to_string(lease(second_generator, 1).work->at(0).what.id), "1t0");
}

CAF_TEST(what a lost worker held is queued) {
  lease(first_generator, 1);
  CAF_CHECK(static_cast<bool>(ask<write_reply>(tested, worker_lost_request{first_generator})));
  CAF_CHECK(stored(0).state == group_state::queued);
}

CAF_TEST(the gate lets out no more groups than the learner can use in time) {
  CAF_CHECK_EQUAL(lease(first_generator, 100).work->size(), 4u); // (max_staleness 1 + version 0 + 1) * 2 a batch
  CAF_CHECK_EQUAL(lease(first_generator, 100).work->size(), 0u);
}

CAF_TEST(without a batch the learner is told what it waits for) {
  lease(first_generator, 2);
  const auto none = batch_for(present);
  CAF_CHECK(none.what == nullptr);
  CAF_CHECK_EQUAL(none.waiting_for, "0 of 2 groups ready, 2 generating by generator-0 for 0 s");
}

CAF_TEST(a batch asked for twice under one epoch is the same) {
  make_batch_ready();
  const auto one = batch_for(present);
  const auto two = batch_for(present);
  CAF_REQUIRE(one.what && two.what);
  CAF_CHECK_EQUAL(one.lease.value, two.lease.value);
  CAF_REQUIRE_EQUAL(one.what->groups.size(), 2u);
  CAF_REQUIRE_EQUAL(two.what->groups.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    CAF_CHECK(one.what->groups[i].what == two.what->groups[i].what);
    CAF_CHECK(one.what->groups[i].samples == two.what->groups[i].samples);
    CAF_CHECK((two.what->groups[i].judgements == std::vector<judgement>{judged(true), judged(false)}));
  }
}

CAF_TEST(a learner of an old epoch gets no batch and its commit is fenced) {
  make_batch_ready();
  CAF_CHECK(batch_for(epoch{0}).what == nullptr);
  const auto b = batch_for(present);
  CAF_REQUIRE(b.what != nullptr);
  CAF_CHECK(commit(epoch{0}, b) == rollout::submit_result::fenced);
  CAF_CHECK(stored(0).state == group_state::leased);
  CAF_CHECK(journal->steps(grpo_stage).empty());
}

CAF_TEST(a commit leaves the step and all its groups as trained in the journal) {
  make_batch_ready();
  CAF_CHECK(commit(present, batch_for(present)) == rollout::submit_result::created);
  const auto steps = journal->steps(grpo_stage);
  CAF_REQUIRE_EQUAL(steps.size(), 1u);
  CAF_CHECK((steps[0].groups == std::vector<group_id>{two_samples(0).id, two_samples(1).id}));
  for (const std::uint64_t cursor : {0, 1}) {
    CAF_CHECK(stored(cursor).state == group_state::trained);
    CAF_CHECK((stored(cursor).trained_at == policy_version{1}));
  }
}

CAF_TEST(of verdicts that the journal refuses in part nothing is written) {
  const auto work = lease(first_generator, 1);
  const auto id = work.work->at(0).what.id;
  for (std::uint32_t i = 0; i < 2; ++i) {
    submit(first_generator, work.lease, id, answer_ab(i));
  }
  const auto sampled = unbox(ask<lease_generated_reply>(tested, lease_generated_request{first_verifier, 1}));
  auto endless = judged(false);
  endless.reward = std::numeric_limits<double>::infinity();
  auto said = std::make_shared<std::vector<judged_group>>();
  said->push_back({sampled.lease, id, {judged(true), endless}});
  CAF_CHECK(code_of(ask<write_reply>(tested, submit_verdict_request{first_verifier, said})) == errc::invalid);
  CAF_CHECK(!journal->find_judgement({id, 0}));
  CAF_CHECK(stored(0).state == group_state::verifying);
}

CAF_TEST(while the disk is full writers wait and readers do not and then all is as it would have been) {
  const auto work = lease(first_generator, 1);
  const auto other = lease(second_generator, 1);
  auto sent = submit_to_a_full_disk(work);
  CAF_REQUIRE_EQUAL(said.size(), 1u);
  CAF_CHECK(said[0].starts_with("the store cannot write: "));
  auto second = self->request(tested, caf::infinite, lease_generated_request{first_verifier, 1});
  consume_messages();
  CAF_CHECK(self->mailbox().empty());
  CAF_CHECK_EQUAL(unbox(ask<progress_reply>(tested, progress_request{})).version.value, 0u);
  at.now += std::chrono::minutes{3}; // leases of 60 s; nobody could have handed anything in
  CAF_CHECK(unbox(ask<write_reply>(tested, renew_request{second_generator, other.lease})).result ==
            rollout::submit_result::created);

  disk.limit(store::volatile_disk::unlimited);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (self->mailbox().empty() && std::chrono::steady_clock::now() < deadline) { // RocksDB looks every 5 s
    std::this_thread::sleep_for(std::chrono::milliseconds{100}); // virtual time is faster, yet not too fast for it
    sched.advance_time(deadline::space_poll);
    consume_messages();
  }
  CAF_CHECK(unbox(take<write_reply>(sent)).result == rollout::submit_result::exists); // by its own first try
  CAF_CHECK(stored(0).state == group_state::verifying);
  CAF_CHECK(submit(second_generator, other.lease, other.work->at(0).what.id, answer_ab(0)) ==
            rollout::submit_result::created);
  CAF_CHECK_EQUAL(to_string(unbox(take<lease_generated_reply>(second)).groups->at(0).what.id), "1t0");
  CAF_CHECK_EQUAL(said.back(), "the store writes again");
  CAF_CHECK(journal->find_sample({two_samples(0).id, 1}) == answer_ab(1));
}

CAF_TEST(a disk that stays full is not waited for without end) {
  const auto work = lease(first_generator, 1);
  auto sent = submit_to_a_full_disk(work);
  for (int second = 0; second < 240 && self->mailbox().empty(); ++second) { // deadline::space
    sched.advance_time(deadline::space_poll);
    consume_messages();
  }
  CAF_CHECK(code_of(take<write_reply>(sent)) == errc::resource_exhausted);
}

CAF_TEST(who stops the run does not wait for space) {
  const auto work = lease(first_generator, 1);
  auto sent = submit_to_a_full_disk(work);
  stop = true;
  sched.advance_time(deadline::space_poll);
  consume_messages();
  CAF_CHECK(code_of(take<write_reply>(sent)) == errc::resource_exhausted);
}

CAF_TEST(a step committed twice exists and another under its version is a conflict) {
  make_batch_ready();
  const auto b = batch_for(present);
  CAF_CHECK(commit(present, b) == rollout::submit_result::created);
  CAF_CHECK(commit(present, b) == rollout::submit_result::exists);
  CAF_CHECK(commit(epoch{0}, b) == rollout::submit_result::exists); // its own step, whoever leads now
  auto other = std::make_shared<step_record>(journal->steps(grpo_stage).at(0));
  other->data_cursor = 99;
  CAF_CHECK(unbox(ask<write_reply>(tested, commit_request{the_learner, present, b.lease, other})).result ==
            rollout::submit_result::conflict);
  CAF_CHECK(unbox(ask<write_reply>(tested, commit_request{the_learner, epoch{0}, b.lease, other})).result ==
            rollout::submit_result::fenced);
  CAF_CHECK_EQUAL(journal->steps(grpo_stage).at(0).data_cursor, 0u);
}

CAF_TEST(a step that is not of the batch that was leased is a conflict) {
  make_batch_ready();
  const auto b = batch_for(present);
  const auto said = [&](stage_index stage, std::vector<group_id> groups) {
    auto step = std::make_shared<step_record>();
    *step = {.stage = stage, .version = policy_version{1}, .groups = std::move(groups)};
    return unbox(ask<write_reply>(tested, commit_request{the_learner, present, b.lease, step})).result;
  };
  const auto one = b.what->groups.at(0).what.id, two = b.what->groups.at(1).what.id;
  CAF_CHECK(said(grpo_stage, {one}) == rollout::submit_result::conflict);
  CAF_CHECK(said(grpo_stage, {one, two_samples(77).id}) == rollout::submit_result::conflict);
  CAF_CHECK(said(grpo_stage, {}) == rollout::submit_result::conflict);
  CAF_CHECK(said(sft_stage, {one, two}) == rollout::submit_result::conflict);
  CAF_CHECK(journal->steps(grpo_stage).empty());
  CAF_CHECK(said(grpo_stage, {one, two}) == rollout::submit_result::created);
}

CAF_TEST(a sample of weights that do not exist or are not the pinned ones is a conflict) {
  const auto work = lease(first_generator, 1);
  CAF_CHECK(submit(first_generator, work.lease, work.work->at(0).what.id, answer_ab(0, 1)) ==
            rollout::submit_result::conflict); // version 1 was never committed
  unbox(ask<issue_reply>(tested, issue_request{.count = 1,
                                               .num_samples = 1,
                                               .pinned = policy_version{7},
                                               .evaluation = 1,
                                               .sampling = std::make_shared<sampling_plan>()}));
  const auto pinned = lease(second_generator, 1);
  const auto id = pinned.work->at(0).what.id;
  CAF_CHECK(submit(second_generator, pinned.lease, id, answer_ab(0, 6)) == rollout::submit_result::conflict);
  CAF_CHECK(submit(second_generator, pinned.lease, id, answer_ab(0, 7)) == rollout::submit_result::created);
}

CAF_TEST(orders that no stage can carry out are refused and the buffer lives on) {
  const auto refused = [&](const issue_request& r) { return code_of(ask<issue_reply>(tested, r)) == errc::invalid; };
  const auto how = std::make_shared<sampling_plan>();
  CAF_CHECK(refused({.why = purpose::train, .count = 1, .num_samples = 1, .sampling = how}));
  CAF_CHECK(refused({.count = 1, .num_samples = 0, .sampling = how}));
  CAF_CHECK(refused({.count = 1, .num_samples = 4'000'000'000, .sampling = how}));
  CAF_CHECK(refused({.count = 1, .num_samples = 1, .sampling = nullptr}));
  CAF_CHECK(code_of(ask<done_reply>(tested, begin_stage_request{stage_index{99}, {}})) == errc::invalid);
  CAF_CHECK_EQUAL(lease(first_generator, 1).work->size(), 1u);
}

CAF_TEST(an error is the reply and the buffer lives on) {
  const auto answer = ask<read_dataset_reply>(tested, read_dataset_request{"kept"});
  CAF_CHECK(code_of(answer) == errc::failed);
  CAF_CHECK(std::string{from_caf(answer.error()).what()}.starts_with("dataset kept has no records"));
  CAF_CHECK_EQUAL(lease(first_generator, 1).work->size(), 1u);
}

CAF_TEST(another evaluation drops as failed what an earlier one left unfinished) {
  const auto issue = [&](std::uint32_t evaluation) {
    return unbox(ask<issue_reply>(tested, issue_request{.why = purpose::eval,
                                                        .from = split::validation,
                                                        .count = 2,
                                                        .num_samples = 1,
                                                        .pinned = policy_version{0},
                                                        .evaluation = evaluation,
                                                        .sampling = std::make_shared<sampling_plan>()}))
        .issued;
  };
  CAF_CHECK_EQUAL(issue(1), 2u);
  CAF_CHECK_EQUAL(issue(1), 0u); // goes on with those of before
  CAF_CHECK_EQUAL(issue(2), 2u);
  const auto eval = [&](std::uint64_t cursor) {
    return journal->find_group({grpo_stage, purpose::eval, cursor, 0}).value();
  };
  for (const std::uint64_t cursor : {0, 1}) {
    CAF_CHECK(eval(cursor).state == group_state::dropped);
    CAF_CHECK(eval(cursor).dropped == drop_reason::failed);
  }
  CAF_CHECK(eval(2).state == group_state::queued);
}

CAF_TEST_FIXTURE_SCOPE_END()

} // namespace troupe::actors
