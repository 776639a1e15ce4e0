// SPDX-License-Identifier: Apache-2.0
// One contract, two implementations: a buffer of this process, and the same behind the wire, answer alike.
#include "actors/buffer.hpp"
#include "actors/buffer_calls.hpp"
#include "actors/buffer_door.hpp"
#include "actors/failure.hpp"
#include "actors/remote_buffer.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/wire/incarnation.hpp"
#include "tests/actors/small_run.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <future>
#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

caf::actor_system_config& quiet() {
  static caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  config.set("logger.verbosity", caf::atom("quiet"));
  return config;
}

/// A buffer on a journal of its own, asked directly or from other processes' point of view.
class one_buffer {
public:
  /// Over the wire answers come in pieces of so many bytes.
  explicit one_buffer(bool over_the_wire, std::size_t piece_bytes = piece_bytes_default)
      : system_(quiet()), self_(system_), piece_bytes_(piece_bytes) {
    service_ = std::make_shared<buffer_service>(journal_, recipe_, small_sources(), at());
    buffer_ =
        system_.spawn(buffer, service_, clock_source{at}, space_watch{[](const std::string&) {}, [] { return false; }});
    if (over_the_wire) {
      serve();
    }
  }
  ~one_buffer() {
    for (const auto& [role, one] : remotes_) {
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    }
    remotes_.clear();
    clients_.clear();
    server_.reset();
    caf::anon_send_exit(door_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(buffer_, caf::exit_reason::user_shutdown);
    door_ = nullptr;
    buffer_ = nullptr;
  }

  /// The reply's bytes, or the error's words.
  template <class Reply, class Request>
  Reply ask(wire::role as, const Request& r) {
    Reply got;
    std::string failed;
    self_->request(through(as), std::chrono::seconds{20}, r)
        .receive([&](const Reply& reply) { got = reply; }, [&](caf::error& e) { failed = from_caf(e).what(); });
    said_.push_back(failed.empty() ? encode(got) : "error: " + failed);
    return got;
  }
  const std::vector<std::string>& said() const { return said_; }
  std::string endpoint() const { return server_->endpoint(); }
  wire::counters counters() const { return server_->read(); }

private:
  static clock_reading at() { return {.now = rollout::monotonic_ms{1000}, .wall_ms = 5}; }
  void serve() {
    door_ = system_.spawn(buffer_door, buffer_, piece_bytes_);
    server_.emplace(wire::server_options{.allowed = may_call}, handler_of(door_));
    for (const auto& [as, who] :
         std::vector<std::pair<wire::role, worker_name>>{{wire::role::controller, {"controller", {9, 9}}},
                                                         {wire::role::generator, first_generator},
                                                         {wire::role::verifier, first_verifier},
                                                         {wire::role::learner, the_learner}}) {
      clients_[as] = std::make_shared<wire::client>(
          wire::client_options{.endpoint = server_->endpoint(), .name = who.name, .as = as, .life = who.life});
      remotes_[as] = system_.spawn(remote_buffer, clients_[as]);
    }
  }
  buffer_actor through(wire::role as) { return remotes_.empty() ? buffer_ : buffer_actor{remotes_.at(as)}; }

  scratch_folder folder_;
  config::recipe recipe_ = small_recipe();
  store::journal journal_{folder_ / "store", store::open_mode::create};
  std::shared_ptr<buffer_service> service_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::size_t piece_bytes_;
  buffer_actor buffer_;
  door_actor door_;
  std::optional<wire::server> server_;
  std::map<wire::role, std::shared_ptr<wire::client>> clients_;
  std::map<wire::role, remote_buffer_actor> remotes_;
  std::vector<std::string> said_;
};

payload<std::vector<sampled>> samples_of(const lease_prompts_reply& work) {
  auto done = std::make_shared<std::vector<sampled>>();
  for (const auto& w : *work.work) {
    done->push_back({work.lease, w.what.id, answer_ab(0)});
    done->push_back({work.lease, w.what.id, answer_ab(1)});
  }
  return done;
}
payload<std::vector<judged_group>> verdicts_of(const lease_generated_reply& work) {
  auto said = std::make_shared<std::vector<judged_group>>();
  for (const auto& g : *work.groups) {
    said->push_back({work.lease, g.what.id, {judged(true), judged(false)}});
  }
  return said;
}

/// One answer of the first group, not finished.
payload<std::vector<sampled>> begun(const lease_prompts_reply& work) {
  std::vector<sampled> one{samples_of(work)->at(1)};
  one[0].what.finish = finish_reason::cancelled;
  return std::make_shared<std::vector<sampled>>(std::move(one));
}

/// Every request once at least: a batch that is trained, an evaluation, a collection that becomes a dataset.
void play(one_buffer& b) {
  using enum wire::role;
  const auto learner_now = b.ask<begin_epoch_reply>(controller, begin_epoch_request{}).learner;
  b.ask<read_history_reply>(controller, read_history_request{});
  auto running = std::make_shared<stage_record>();
  *running = {.stage = grpo_stage, .name = "rl", .status = stage_status::running};
  b.ask<write_reply>(controller, record_request{nullptr, {}, running});
  b.ask<done_reply>(controller, begin_stage_request{grpo_stage, policy_version{}});
  b.ask<lease_batch_reply>(learner, lease_batch_request{the_learner, learner_now}); // nothing yet, and why
  const auto given_back = b.ask<lease_prompts_reply>(generator, lease_prompts_request{first_generator, 1});
  b.ask<write_reply>(generator, renew_request{first_generator, given_back.lease});
  b.ask<write_reply>(generator, hand_back_request{first_generator, given_back.lease, "drained", begun(given_back)});
  const auto work = b.ask<lease_prompts_reply>(generator, lease_prompts_request{first_generator, 2});
  ASSERT_EQ(work.work->size(), 2U);
  EXPECT_EQ(work.work->at(0).partials, std::vector<sample>{begun(given_back)->at(0).what});
  const submit_samples_request samples{first_generator, samples_of(work)};
  b.ask<write_reply>(generator, samples);
  EXPECT_EQ(b.ask<write_reply>(generator, samples).result, rollout::submit_result::exists);
  const auto sampled = b.ask<lease_generated_reply>(verifier, lease_generated_request{first_verifier, 2});
  ASSERT_EQ(sampled.groups->size(), 2U);
  b.ask<write_reply>(verifier, submit_verdict_request{first_verifier, verdicts_of(sampled)});
  const auto batch = b.ask<lease_batch_reply>(learner, lease_batch_request{the_learner, learner_now});
  ASSERT_NE(batch.what, nullptr);
  b.ask<lease_batch_reply>(learner, lease_batch_request{the_learner, learner_now}); // the same again
  auto step = std::make_shared<step_record>();
  *step = {.stage = grpo_stage, .version = policy_version{1}, .metrics = R"({"loss":0.5})"};
  for (const auto& g : batch.what->groups) {
    step->groups.push_back(g.what.id);
  }
  const commit_request commit{the_learner, learner_now, batch.lease, step};
  EXPECT_EQ(b.ask<write_reply>(learner, commit).result, rollout::submit_result::created);
  EXPECT_EQ(b.ask<write_reply>(learner, commit).result, rollout::submit_result::exists);
  b.ask<read_steps_reply>(learner, read_steps_request{grpo_stage, policy_version{}});
  b.ask<lease_batch_reply>(learner, read_batch_request{step->groups});
  b.ask<lease_batch_reply>(learner, read_batch_request{{two_samples(77).id}}); // an error
  auto saved = std::make_shared<checkpoint_record>();
  *saved = {.stage = grpo_stage, .version = policy_version{1}, .folder = "checkpoints/rl/step-000001"};
  b.ask<write_reply>(learner, record_request{saved, {}, nullptr, epoch{learner_now.value - 1}}); // fenced
  b.ask<write_reply>(learner, record_request{saved, {}, nullptr, learner_now});
  b.ask<issue_reply>(controller, issue_request{.count = 2,
                                               .num_samples = 2,
                                               .pinned = policy_version{1},
                                               .evaluation = 64,
                                               .sampling = std::make_shared<sampling_plan>()});
  const auto asked = b.ask<lease_prompts_reply>(generator, lease_prompts_request{first_generator, 2});
  b.ask<write_reply>(generator, submit_samples_request{first_generator, samples_of(asked)});
  b.ask<progress_reply>(controller, progress_request{});
  const auto to_score = b.ask<lease_generated_reply>(verifier, lease_generated_request{first_verifier, 2});
  b.ask<write_reply>(verifier, submit_verdict_request{first_verifier, verdicts_of(to_score)});
  b.ask<evaluation_reply>(controller, evaluation_request{grpo_stage, 64});
  b.ask<steer_reply>(controller, steer_request{.max_staleness = 3});
  b.ask<steer_reply>(controller, steer_request{.paused = true});
  b.ask<steer_reply>(controller, steer_request{.paused = false});
  b.ask<write_reply>(controller, worker_lost_request{first_generator});
  b.ask<done_reply>(controller, begin_stage_request{pick_stage, policy_version{}});
  b.ask<issue_reply>(controller, issue_request{.why = purpose::collect,
                                               .from = split::train,
                                               .count = 1,
                                               .num_samples = 2,
                                               .sampling = std::make_shared<sampling_plan>()});
  const auto picked = b.ask<lease_prompts_reply>(generator, lease_prompts_request{first_generator, 1});
  b.ask<write_reply>(generator, submit_samples_request{first_generator, samples_of(picked)});
  const auto to_pick = b.ask<lease_generated_reply>(verifier, lease_generated_request{first_verifier, 1});
  b.ask<write_reply>(verifier, submit_verdict_request{first_verifier, verdicts_of(to_pick)});
  b.ask<build_dataset_reply>(controller, build_dataset_request{pick_stage, saved->folder, policy_version{1}});
  b.ask<read_dataset_reply>(learner, read_dataset_request{"kept"});
  b.ask<read_history_reply>(controller, read_history_request{});
  b.ask<summary_reply>(controller, summary_request{});
}

TEST(RemoteBuffer, AnswersWhatTheBufferOfThisProcessAnswers) {
  one_buffer here{false}, there{true}, in_pieces{true, 24};
  for (auto* b : {&here, &there, &in_pieces}) {
    play(*b);
    ASSERT_EQ(here.said().size(), b->said().size());
  }
  std::size_t longest = 0;
  for (std::size_t i = 0; i < here.said().size(); ++i) {
    EXPECT_EQ(here.said()[i], there.said()[i]) << "answer " << i;
    EXPECT_EQ(here.said()[i], in_pieces.said()[i]) << "answer " << i;
    longest = std::max(longest, here.said()[i].size());
  }
  EXPECT_GT(longest, 10U * 24U);
  EXPECT_GT(in_pieces.counters().requests, there.counters().requests + longest / 24);
}

TEST(LongAnswer, IsReadByWhoGotItAndOnce) {
  long_answers from{4};
  const wire::peer learner{"learner-0", wire::role::learner, {3, 1}},
      other{"generator-0", wire::role::generator, {1, 1}};
  EXPECT_EQ(from.answer(learner, "four").kind, 0U);
  answer_so_far got;
  EXPECT_EQ(got.add({.reply = from.answer(learner, "nine char")}), nullptr);
  EXPECT_THROW(from.piece(other, *got.next().parts[0]), error) << "somebody else's";
  EXPECT_EQ(got.add({.reply = from.piece(learner, *got.next().parts[0])}), nullptr);
  const auto last = got.next();
  const auto* whole = got.add({.reply = from.piece(learner, *last.parts[0])});
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(*whole, "nine char");
  EXPECT_THROW(from.piece(learner, *last.parts[0]), error) << "it is gone";
  EXPECT_THROW(from.piece(learner, "nonsense"), codec_error);
}

TEST(LongAnswer, OfManyTheOldestGoes) {
  long_answers from{4};
  const wire::peer learner{"learner-0", wire::role::learner, {3, 1}};
  answer_so_far first;
  first.add({.reply = from.answer(learner, "nine char")});
  for (std::size_t i = 1; i < long_answers::kept_max; ++i) {
    from.answer(learner, "other text");
  }
  EXPECT_EQ(first.add({.reply = from.piece(learner, *first.next().parts[0])}), nullptr);
  from.answer(learner, "one too many");
  EXPECT_THROW(from.piece(learner, *first.next().parts[0]), error);
}

TEST(LongAnswer, APieceThatDoesNotFollowIsRefused) {
  long_answers from{4};
  const wire::peer learner{"learner-0", wire::role::learner, {3, 1}};
  const auto piece = from.answer(learner, "nine char");
  answer_so_far got;
  got.add({.reply = piece});
  EXPECT_THROW(got.add({.reply = piece}), error) << "the same once more";
  EXPECT_THROW(answer_so_far{}.add({.reply = {read_on, {wire::make_part("four")}}}), error) << "without its place";
  EXPECT_THROW(answer_so_far{}.add({.reply = {read_on, {}}}), error) << "of no parts";
}

TEST(RemoteBuffer, SaysWhatTheWireCouldNotDo) {
  caf::actor_system system{quiet()};
  caf::scoped_actor self{system};
  const auto nobody = std::make_shared<wire::client>(
      wire::client_options{.endpoint = "tcp://127.0.0.1:9", .name = "generator-0", .life = {1, 1}});
  const auto remote = system.spawn(remote_buffer, nobody);
  std::string failed;
  self->request(remote, std::chrono::milliseconds{300}, progress_request{})
      .receive([](const progress_reply&) {}, [&](caf::error& e) { failed = from_caf(e).what(); });
  EXPECT_EQ(failed, "an actor did not answer in time");
  caf::anon_send_exit(remote, caf::exit_reason::user_shutdown);
}

TEST(BufferDoor, RefusesARoleWhatIsNotItsToAsk) {
  using enum wire::role;
  const auto may = [](wire::role who, buffer_call what) { return may_call(who, static_cast<std::uint16_t>(what)); };
  EXPECT_TRUE(may(generator, buffer_call::submit_samples));
  EXPECT_FALSE(may(generator, buffer_call::submit_verdict));
  EXPECT_FALSE(may(verifier, buffer_call::commit));
  EXPECT_TRUE(may(learner, buffer_call::commit));
  EXPECT_FALSE(may(learner, buffer_call::begin_epoch));
  EXPECT_TRUE(may(admin_read, buffer_call::summary));
  EXPECT_FALSE(may(admin_operate, buffer_call::record));
  EXPECT_FALSE(may_call(controller, 0));
  EXPECT_FALSE(may_call(controller, static_cast<std::uint16_t>(buffer_call::steer) + 1));

  one_buffer b{true};
  b.ask<write_reply>(verifier, submit_samples_request{first_verifier, std::make_shared<std::vector<sampled>>()});
  EXPECT_NE(b.said().back().find("error: "), std::string::npos);
  EXPECT_EQ(b.counters().wrong_role, 1U);
}

TEST(BufferDoor, LetsNobodySpeakForAnother) {
  one_buffer b{true};
  b.ask<lease_prompts_reply>(wire::role::generator, lease_prompts_request{second_generator, 1});
  EXPECT_EQ(b.said().back(), "error: generator-0 speaks as generator-1; each process speaks for itself");
}

TEST(BufferDoor, RefusesBytesThatAreNoRequest) {
  one_buffer b{true};
  wire::client raw{{.endpoint = b.endpoint(), .name = "generator-7", .life = wire::new_incarnation()}};
  const auto said = [&](std::vector<wire::part> parts) {
    std::promise<std::string> words;
    raw.request({static_cast<std::uint16_t>(buffer_call::lease_prompts), std::move(parts)}, std::chrono::seconds{10},
                [&](const wire::outcome& how) {
                  try {
                    words.set_value("fine: " + reply_in(how));
                  } catch (const error& e) {
                    words.set_value(e.what());
                  }
                });
    return words.get_future().get();
  };
  EXPECT_EQ(said({wire::make_part("nonsense")}).substr(0, 12), "a record of ");
  EXPECT_EQ(said({}), "a request of 0 parts; it has one");
}

} // namespace
} // namespace troupe::actors
