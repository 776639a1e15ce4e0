// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_ranks.hpp"
#include "tests/actors/deterministic_system.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/scripted_buffer.hpp"
#include "tests/actors/small_run.hpp"

#include <algorithm>
#include <filesystem>

namespace troupe::actors {
namespace {

using std::chrono::milliseconds;
using lines = std::vector<std::string>;

constexpr epoch now{4};

/// Rank 0 and rank 1 with a fake model before a scripted buffer. Fake ranks do not wait for each other.
struct two_ranks : deterministic_system {
  two_ranks() {
    recipe.learners = 2;
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
    buffer = ends(sys.spawn(scripted_buffer, script));
    other = ends(sys.spawn(learner_rank, std::make_shared<const learner_parts>(*parts), buffer));
    parts->ranks = {other};
    tested = ends(sys.spawn(learner, std::shared_ptr<const learner_parts>{parts}, buffer));
  }

  caf::expected<load_stage_reply> load(stage_index stage, epoch learner = now) {
    return ask<load_stage_reply>(tested, load_stage_request{.stage = stage, .learner = learner});
  }
  caf::expected<step_reply> step() { return ask<step_reply>(tested, step_request{milliseconds{-1}}); }

  /// The next batch, leased by rank 0 and read by the others.
  void offer(std::uint64_t first) {
    const auto what = two_groups(first);
    script->batches.push_back({.lease = lease_id{9}, .what = what});
    script->stored[ids(first)] = what;
  }
  static std::vector<group_id> ids(std::uint64_t first) { return {two_samples(first).id, two_samples(first + 1).id}; }

  static std::string words_of(const caf::error& e) { return from_caf(e).what(); }

  scratch_folder folder;
  config::recipe recipe = small_recipe();
  std::shared_ptr<model_script> model = std::make_shared<model_script>();
  std::shared_ptr<buffer_script> script = std::make_shared<buffer_script>();
  std::shared_ptr<weights_board> board = std::make_shared<weights_board>();
  buffer_actor buffer;
  learner_rank_actor other;
  learner_actor tested;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(learner_ranks_tests, two_ranks)

CAF_TEST(a stage is loaded by all ranks before any joins) {
  auto loading = self->request(tested, caf::infinite, load_stage_request{.stage = grpo_stage, .learner = now});
  expect((load_stage_request), from(self).to(tested));
  expect((load_share_request), from(tested).to(other));
  expect((done_reply), from(other).to(tested));
  expect((join_ranks_request), from(tested).to(other));
  CAF_CHECK(board->latest() == nullptr);
  consume_messages();
  CAF_CHECK(static_cast<bool>(take<load_stage_reply>(loading)));
  CAF_CHECK_EQUAL(board->latest()->version().value, 0u);
}

CAF_TEST(each rank reads the batch of a step and trains its share) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  offer(0);
  CAF_CHECK(unbox(step()).stepped);
  CAF_CHECK((script->read == std::vector<std::vector<group_id>>{ids(0)})); // rank 1's; rank 0 leased it
  CAF_CHECK((model->done == lines{"rank 0 grpo 4", "rank 1 grpo 4"}));
  std::vector<std::uint32_t> ranks;
  for (const auto& s : model->trained) {
    ranks.push_back(s.rank);
  }
  CAF_CHECK((ranks == std::vector<std::uint32_t>{0, 0, 1, 1})); // whole groups
  CAF_CHECK_EQUAL(script->committed.size(), 1u);
  offer(2);
  CAF_CHECK_EQUAL(unbox(step()).version.value, 2u);
}

CAF_TEST(each rank makes the examples of an sft step) {
  CAF_REQUIRE(static_cast<bool>(load(sft_stage)));
  CAF_CHECK(unbox(step()).stepped);
  CAF_CHECK(unbox(step()).stepped);
  CAF_CHECK((model->done == lines{"rank 0 sft 3", "rank 1 sft 3", "rank 0 sft 3", "rank 1 sft 3"}));
  CAF_REQUIRE_EQUAL(model->trained.size(), 3u); // by rank 1, which trained last: examples 3, 4 and 5
  CAF_CHECK_EQUAL(byte_tokenizer{}.decode(model->trained[0].prompt, true), "p3?");
  CAF_CHECK((model->trained[0].rank != model->trained[1].rank));
}

CAF_TEST(all ranks train recorded steps again) {
  for (std::uint64_t v : {1, 2}) {
    step_record r{.stage = grpo_stage, .version = policy_version{v}, .groups = ids(2 * v)};
    script->stored[r.groups] = two_groups(2 * v);
    script->steps.push_back(r);
  }
  CAF_CHECK_EQUAL(unbox(load(grpo_stage)).version.value, 2u);
  CAF_CHECK_EQUAL(std::count(model->done.begin(), model->done.end(), "rank 0 grpo 4"), 2);
  CAF_CHECK_EQUAL(std::count(model->done.begin(), model->done.end(), "rank 1 grpo 4"), 2);
  offer(8);
  CAF_CHECK_EQUAL(unbox(step()).version.value, 3u);
}

CAF_TEST(a checkpoint takes what every rank has) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  CAF_CHECK(static_cast<bool>(ask<checkpoint_reply>(tested, checkpoint_request{})));
  CAF_CHECK((model->done == lines{"rank 0 gather", "rank 1 gather"}));
  CAF_CHECK_EQUAL(script->recorded.size(), 1u);
}

CAF_TEST(where a rank fails the step is unavailable and nothing is committed) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  offer(0);
  model->training_fails = "another rank is gone"; // what the collective says to rank 0
  model->training_code = errc::unavailable;
  model->other_rank_fails = "no memory left";
  const auto answer = step();
  CAF_CHECK(code_of(answer) == errc::unavailable);
  CAF_CHECK(words_of(answer.error()).starts_with("rank 1: no memory left; the learner must load"));
  CAF_CHECK(script->committed.empty());
  CAF_CHECK_EQUAL(board->latest()->version().value, 0u);
  CAF_CHECK(code_of(step()) == errc::unavailable); // without a model
  CAF_CHECK(code_of(ask<checkpoint_reply>(tested, checkpoint_request{})) == errc::unavailable);

  model->training_fails.clear();
  model->other_rank_fails.clear();
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage, epoch{5})));
  offer(0);
  CAF_CHECK(unbox(step()).stepped);
  CAF_REQUIRE_EQUAL(script->committed.size(), 1u);
  CAF_CHECK_EQUAL(script->committed[0].learner.value, 5u);
}

CAF_TEST(a rank that failed has no model until its stage is loaded anew) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->stored[ids(0)] = two_groups(0);
  model->other_rank_fails = "no memory left";
  const train_share_request share{.learner = now, .version = policy_version{}, .groups = ids(0)};
  CAF_CHECK(code_of(ask<done_reply>(other, share)) == errc::failed);
  model->other_rank_fails.clear();
  CAF_CHECK(code_of(ask<done_reply>(other, share)) == errc::unavailable);
}

CAF_TEST(a rank does nothing for another epoch or version) {
  CAF_REQUIRE(static_cast<bool>(load(grpo_stage)));
  script->stored[ids(0)] = two_groups(0);
  const auto asked = [&](epoch learner, std::uint64_t version) {
    return code_of(ask<done_reply>(
        other, train_share_request{.learner = learner, .version = policy_version{version}, .groups = ids(0)}));
  };
  CAF_CHECK(asked(epoch{3}, 0) == errc::fenced);
  CAF_CHECK(asked(now, 1) == errc::conflict);
  CAF_CHECK(code_of(ask<done_reply>(other, join_ranks_request{{}, epoch{3}})) == errc::fenced);
  CAF_CHECK(model->done.empty());
}

CAF_TEST(a stage whose rank is gone is not loaded) {
  self->send_exit(other, caf::exit_reason::kill);
  consume_messages();
  const auto answer = load(grpo_stage);
  CAF_CHECK(code_of(answer) == errc::unavailable);
  CAF_CHECK(words_of(answer.error()).starts_with("rank 1: an actor ended"));
  CAF_CHECK(board->latest() == nullptr);
}

CAF_TEST(the other ranks end with rank 0) {
  self->monitor(other);
  self->send_exit(tested, caf::exit_reason::kill);
  consume_messages();
  bool down = false;
  CAF_REQUIRE(!self->mailbox().empty());
  self->receive([&](const caf::down_msg& m) { down = m.source == other.address(); });
  CAF_CHECK(down);
}

CAF_TEST_FIXTURE_SCOPE_END()

} // namespace troupe::actors
