// SPDX-License-Identifier: Apache-2.0
#include "actors/deadlines.hpp"
#include "actors/learner.hpp"
#include "tests/actors/deterministic_system.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/scripted_buffer.hpp"
#include "tests/actors/small_run.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace troupe::actors {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds no_patience{-1};    // over as soon as there is no batch
constexpr milliseconds endless{3'600'000}; // of the machine's clock, which no test waits for

/// A learner with a fake model before a scripted buffer.
struct one_learner : deterministic_system {
  one_learner() {
    std::filesystem::create_directories(folder / "tokenizer");
    auto parts = std::make_shared<learner_parts>();
    parts->recipe = &recipe;
    parts->backend = make_fake_backend(model);
    parts->board = board;
    parts->tokenizer = std::make_shared<byte_tokenizer>();
    parts->meter = std::make_shared<activity>();
    parts->sources = small_sources();
    parts->run_folder = folder.path();
    parts->tokenizer_folder = folder / "tokenizer";
    parts->who = the_learner;
    status = parts->status;
    buffer = ends(sys.spawn(scripted_buffer, script));
    tested = ends(sys.spawn(learner, std::shared_ptr<const learner_parts>{parts}, buffer));
  }

  caf::expected<load_stage_reply> load(stage_index stage) {
    return ask<load_stage_reply>(tested, load_stage_request{.stage = stage, .learner = epoch{4}});
  }
  caf::expected<step_reply> step(milliseconds patience = no_patience) {
    return ask<step_reply>(tested, step_request{patience});
  }
  std::uint64_t published() { return board->latest()->version().value; }

  scratch_folder folder;
  config::recipe recipe = small_recipe();
  std::shared_ptr<model_script> model = std::make_shared<model_script>();
  std::shared_ptr<buffer_script> script = std::make_shared<buffer_script>();
  std::shared_ptr<weights_board> board = std::make_shared<weights_board>();
  std::shared_ptr<worker_status> status;
  buffer_actor buffer;
  learner_actor tested;
};

using lines = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(learner_tests, one_learner)

CAF_TEST(loading a new model publishes version 0) {
  const auto loaded = unbox(load(grpo_stage));
  CAF_CHECK_EQUAL(loaded.version.value, 0u);
  CAF_CHECK_EQUAL(loaded.trained_again, 0u);
  CAF_REQUIRE(board->latest() != nullptr);
  CAF_CHECK_EQUAL(published(), 0u);
  CAF_CHECK(board->stage() == grpo_stage);
  CAF_CHECK(model->done.empty());
}

CAF_TEST(weights that are only sampled with are published and kept for pinned work) {
  CAF_REQUIRE(static_cast<bool>(ask<done_reply>(tested, publish_request{grpo_stage, "checkpoints/rl/step-000002"})));
  CAF_CHECK_EQUAL(published(), 0u);
  CAF_REQUIRE(static_cast<bool>(ask<done_reply>(tested, pin_request{grpo_stage, policy_version{}, true})));
  CAF_REQUIRE(static_cast<bool>(load(sft_stage)));
  CAF_CHECK(board->find(grpo_stage, policy_version{}) != nullptr);
  CAF_REQUIRE(static_cast<bool>(ask<done_reply>(tested, pin_request{grpo_stage, policy_version{}, false})));
  CAF_CHECK(board->find(grpo_stage, policy_version{}) == nullptr);
}

CAF_TEST(recorded steps are trained again in order before anything is published) {
  auto& steps = script->steps;
  for (std::uint64_t v : {2, 3, 4}) { // 2 is what the checkpoint holds
    step_record r{.stage = grpo_stage, .version = policy_version{v}};
    const auto stored = two_groups(2 * v);
    r.groups = {stored->groups[0].what.id, stored->groups[1].what.id};
    script->stored[r.groups] = stored;
    steps.push_back(r);
  }
  auto loading = self->request(tested, caf::infinite,
                               load_stage_request{.stage = grpo_stage,
                                                  .folder = "checkpoints/rl/step-000002",
                                                  .with_optimizer = true,
                                                  .version = policy_version{2}});
  expect((load_stage_request), from(self).to(tested));
  expect((read_steps_request), from(tested).to(buffer));
  expect((read_steps_reply), from(buffer).to(tested));
  expect((read_batch_request), from(tested).to(buffer));
  expect((lease_batch_reply), from(buffer).to(tested));
  CAF_CHECK(board->latest() == nullptr);
  CAF_CHECK_EQUAL(status->read().doing, "training step 3 again, of 4 that are recorded");
  expect((read_batch_request), from(tested).to(buffer));
  expect((lease_batch_reply), from(buffer).to(tested));
  const auto loaded = unbox(take<load_stage_reply>(loading));
  CAF_CHECK_EQUAL(loaded.version.value, 4u);
  CAF_CHECK_EQUAL(loaded.trained_again, 2u);
  CAF_CHECK_EQUAL(published(), 4u);
  CAF_CHECK((script->read == std::vector<std::vector<group_id>>{steps[1].groups, steps[2].groups}));
  CAF_CHECK((model->done == lines{"load " + folder.path() + "/checkpoints/rl/step-000002", "grpo 4", "grpo 4"}));
  CAF_CHECK(script->committed.empty()); // they are committed already
}

CAF_TEST(a stage with beta begins with a reference of its own and its checkpoint brings it along) {
  recipe.stages[grpo_stage.value].beta = 0.1;
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  CAF_CHECK((model->done == lines{"reference"}));
  model->done.clear();
  CAF_REQUIRE(static_cast<bool>(ask<load_stage_reply>(tested, load_stage_request{.stage = grpo_stage,
                                                                                 .folder = "c",
                                                                                 .with_optimizer = true,
                                                                                 .version = policy_version{2},
                                                                                 .learner = epoch{5}})));
  CAF_CHECK((model->done == lines{"load " + folder.path() + "/c"}));
}

CAF_TEST(a recorded sft step is trained again on its own examples) {
  script->steps.push_back({.stage = sft_stage, .version = policy_version{3}, .data_cursor = 9});
  CAF_REQUIRE(static_cast<bool>(ask<load_stage_reply>(
      tested,
      load_stage_request{.stage = sft_stage, .folder = "c", .with_optimizer = true, .version = policy_version{2}})));
  CAF_REQUIRE_EQUAL(model->trained.size(), 3u);
  CAF_CHECK_EQUAL(byte_tokenizer{}.decode(model->trained[0].prompt, true), "p6?"); // examples 6, 7 and 8
  CAF_CHECK_EQUAL(byte_tokenizer{}.decode(model->trained[2].prompt, true), "p8?");
}

CAF_TEST(a step trains a batch and commits it and then publishes) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  auto stepping = self->request(tested, caf::infinite, step_request{no_patience});
  expect((step_request), from(self).to(tested));
  expect((lease_batch_request), from(tested).to(buffer));
  expect((lease_batch_reply), from(buffer).to(tested));
  CAF_CHECK((model->done == lines{"grpo 4"}));
  CAF_CHECK_EQUAL(published(), 0u); // not before the commit is answered
  expect((commit_request), from(tested).to(buffer));
  CAF_CHECK_EQUAL(published(), 0u);
  expect((write_reply), from(buffer).to(tested));
  CAF_CHECK_EQUAL(published(), 1u);
  const auto done = unbox(take<step_reply>(stepping));
  CAF_CHECK(done.stepped);
  CAF_CHECK_EQUAL(done.version.value, 1u);
  CAF_CHECK_EQUAL(nlohmann::json::parse(done.metrics).at("reward").get<double>(), 0.5);
  CAF_REQUIRE_EQUAL(script->committed.size(), 1u);
  const auto& c = script->committed[0];
  CAF_CHECK_EQUAL(c.lease.value, 9u);
  CAF_CHECK_EQUAL(c.learner.value, 4u);
  CAF_CHECK_EQUAL(c.step->version.value, 1u);
  CAF_CHECK_EQUAL(c.step->data_cursor, 2u);
  CAF_CHECK((c.step->groups == std::vector<group_id>{two_samples(0).id, two_samples(1).id}));
}

CAF_TEST(an sft step commits without groups) {
  CAF_REQUIRE(static_cast<bool>(load(sft_stage)));
  CAF_CHECK(unbox(step()).stepped);
  CAF_CHECK((model->done == lines{"sft 3"}));
  CAF_REQUIRE_EQUAL(script->committed.size(), 1u);
  CAF_CHECK(script->committed[0].step->groups.empty());
  CAF_CHECK_EQUAL(script->committed[0].step->data_cursor, 3u);
}

CAF_TEST(without a batch the answer after its patience says what it waits for) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  const auto none = unbox(step(no_patience));
  CAF_CHECK(!none.stepped);
  CAF_CHECK_EQUAL(none.waiting_for, "0 of 2 groups ready");
  CAF_CHECK(script->committed.empty());
}

CAF_TEST(while it is patient it asks for the batch again after a pause) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  auto stepping = self->request(tested, caf::infinite, step_request{endless});
  consume_messages(); // ends: a busy loop would not
  CAF_CHECK_EQUAL(script->asked_batches, 1u);
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  advance_time(deadline::idle_poll);
  consume_messages();
  CAF_CHECK_EQUAL(script->asked_batches, 2u);
  CAF_CHECK(unbox(take<step_reply>(stepping)).stepped);
}

CAF_TEST(a commit that is fenced is an error and publishes nothing) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  script->commits = {rollout::submit_result::fenced};
  CAF_CHECK(code_of(step()) == errc::fenced);
  CAF_CHECK_EQUAL(published(), 0u);
}

CAF_TEST(what training throws is the answer and nothing is committed) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  model->training_fails = "no memory left";
  const auto answer = step();
  CAF_CHECK(code_of(answer) == errc::failed);
  CAF_CHECK_EQUAL(std::string{from_caf(answer.error()).what()}, "no memory left");
  CAF_CHECK(script->committed.empty());
  CAF_CHECK_EQUAL(published(), 0u);
}

CAF_TEST(a checkpoint is written and then recorded) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  const auto done = unbox(ask<checkpoint_reply>(tested, checkpoint_request{}));
  CAF_CHECK_EQUAL(done.written->folder, "checkpoints/rl/step-000000");
  CAF_CHECK(std::filesystem::exists(folder / "checkpoints/rl/step-000000/model.safetensors"));
  CAF_REQUIRE_EQUAL(script->recorded.size(), 1u);
  CAF_REQUIRE(script->recorded[0].checkpoint != nullptr);
  CAF_CHECK(*script->recorded[0].checkpoint == *done.written);
  CAF_CHECK(script->recorded[0].learner.has_value());
}

CAF_TEST(a checkpoint that cannot be written is not recorded) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  model->saving_fails = "the disk is full";
  CAF_CHECK(code_of(ask<checkpoint_reply>(tested, checkpoint_request{})) == errc::failed);
  CAF_CHECK(script->recorded.empty());
}

CAF_TEST(what is loaded already is kept when that is all that is recorded) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  CAF_REQUIRE(unbox(step()).stepped);
  script->steps.push_back(*script->committed[0].step);
  model->done.clear();
  const auto again = unbox(ask<load_stage_reply>(tested, load_stage_request{.stage = grpo_stage, .learner = epoch{5}}));
  CAF_CHECK_EQUAL(again.version.value, 1u);
  CAF_CHECK_EQUAL(again.trained_again, 0u);
  CAF_CHECK(model->done.empty()); // neither loaded nor trained anew
  script->batches = {{.lease = lease_id{10}, .what = two_groups(2)}};
  CAF_REQUIRE(unbox(step()).stepped);
  CAF_CHECK_EQUAL(script->committed.back().learner.value, 5u); // under the new epoch
  CAF_CHECK_EQUAL(script->committed.back().step->version.value, 2u);
}

CAF_TEST(what is loaded and not recorded is not kept) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  CAF_REQUIRE(unbox(step()).stepped); // and its record is lost with the buffer's disk, say
  model->done.clear();
  const auto again =
      unbox(ask<load_stage_reply>(tested, load_stage_request{.stage = grpo_stage, .folder = "c", .learner = epoch{5}}));
  CAF_CHECK_EQUAL(again.version.value, 0u);
  CAF_CHECK((model->done == lines{"load " + folder.path() + "/c"}));
}

CAF_TEST(a step that waits for its batch ends when a stage is loaded meanwhile) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  auto stepping = self->request(tested, caf::infinite, step_request{endless});
  consume_messages();
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->batches = {{.lease = lease_id{9}, .what = two_groups(0)}};
  advance_time(deadline::idle_poll);
  consume_messages();
  CAF_CHECK(code_of(take<step_reply>(stepping)) == errc::unavailable);
  CAF_CHECK(script->committed.empty());
  CAF_CHECK_EQUAL(script->asked_batches, 1u);
}

CAF_TEST(a load that comes while recorded steps are trained again ends the one before) {
  for (std::uint64_t v : {1, 2}) {
    step_record r{.stage = grpo_stage, .version = policy_version{v}};
    const auto stored = two_groups(2 * v);
    r.groups = {stored->groups[0].what.id, stored->groups[1].what.id};
    script->stored[r.groups] = stored;
    script->steps.push_back(r);
  }
  auto first = self->request(tested, caf::infinite, load_stage_request{.stage = grpo_stage, .learner = epoch{4}});
  expect((load_stage_request), from(self).to(tested));
  expect((read_steps_request), from(tested).to(buffer));
  expect((read_steps_reply), from(buffer).to(tested));
  expect((read_batch_request), from(tested).to(buffer)); // and its answer is on its way
  auto second = self->request(tested, caf::infinite, load_stage_request{.stage = grpo_stage, .learner = epoch{5}});
  consume_messages();
  CAF_CHECK(code_of(take<load_stage_reply>(first)) == errc::unavailable);
  const auto loaded = unbox(take<load_stage_reply>(second));
  CAF_CHECK_EQUAL(loaded.version.value, 2u);
  CAF_CHECK_EQUAL(loaded.trained_again, 2u);
}

CAF_TEST(a load of an epoch that is over is refused) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  CAF_CHECK(code_of(ask<load_stage_reply>(tested, load_stage_request{.stage = grpo_stage, .learner = epoch{3}})) ==
            errc::fenced);
}

CAF_TEST(without a stage there is neither step nor checkpoint) {
  CAF_CHECK(code_of(step()) == errc::unavailable);
  CAF_CHECK(code_of(ask<checkpoint_reply>(tested, checkpoint_request{})) == errc::unavailable);
}

CAF_TEST_FIXTURE_SCOPE_END()

} // namespace troupe::actors
