// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/scripted_buffer.hpp"

#include "actors/failure.hpp"

namespace troupe::actors {

namespace {

template <class T>
T next_of(std::deque<T>& queue, T when_empty) {
  if (queue.empty()) {
    return when_empty;
  }
  T first = std::move(queue.front());
  queue.pop_front();
  return first;
}

template <class Reply>
caf::result<Reply> unscripted(const char* request) {
  return to_caf(error{errc::invalid, std::string{"the test has no script for "} + request});
}

} // namespace

buffer_actor::behavior_type scripted_buffer(buffer_actor::pointer, std::shared_ptr<buffer_script> script) {
  // Takes note of the request, then answers with what `body` returns, or with the error that the script asks for.
  const auto reply = [script](auto& notes, const auto& request, auto body) -> caf::result<decltype(body())> {
    notes.push_back(request);
    if (script->fails) {
      return to_caf(error{errc::corrupt, *script->fails});
    }
    return body();
  };
  const auto fine = [] { return write_reply{}; };
  return {
      [](const begin_stage_request&) { return unscripted<done_reply>("begin_stage"); },
      [](const issue_request&) { return unscripted<issue_reply>("issue"); },
      [=](const lease_prompts_request& r) {
        return reply(script->asked_prompts, r, [&] {
          return next_of(script->prompts, {.lease = {}, .work = std::make_shared<std::vector<prompt_work>>()});
        });
      },
      [=](const submit_samples_request& r) {
        return reply(script->samples, r,
                     [&] { return write_reply{next_of(script->submitted, rollout::submit_result::created)}; });
      },
      [=](const lease_generated_request& r) {
        return reply(script->asked_generated, r, [&] {
          return next_of(script->generated, {.lease = {}, .groups = std::make_shared<std::vector<generated_group>>()});
        });
      },
      [=](const submit_verdict_request& r) {
        return reply(script->verdicts, r,
                     [&] { return write_reply{next_of(script->judged, rollout::submit_result::created)}; });
      },
      [=](const hand_back_request& r) { return reply(script->handed_back, r, fine); },
      [=](const renew_request& r) {
        return reply(script->renewed, r,
                     [&] { return write_reply{next_of(script->renewals, rollout::submit_result::created)}; });
      },
      [](const worker_lost_request&) { return unscripted<write_reply>("worker_lost"); },
      [=](const lease_batch_request&) {
        ++script->asked_batches;
        return next_of(script->batches, {.lease = {}, .what = nullptr, .waiting_for = "0 of 2 groups ready"});
      },
      [=](const commit_request& r) {
        return reply(script->committed, r,
                     [&] { return write_reply{next_of(script->commits, rollout::submit_result::created)}; });
      },
      [](const read_history_request&) { return unscripted<read_history_reply>("read_history"); },
      [=](const read_steps_request& r) {
        auto steps = std::make_shared<std::vector<step_record>>(script->steps);
        std::erase_if(*steps, [&](const auto& one) { return one.stage != r.stage || one.version <= r.after; });
        return read_steps_reply{std::move(steps)};
      },
      [=](const read_batch_request& r) {
        return reply(script->read, r.groups, [&] { return lease_batch_reply{.what = script->stored.at(r.groups)}; });
      },
      [=](const read_dataset_request& r) -> caf::result<read_dataset_reply> {
        const auto it = script->datasets.find(r.name);
        return it == script->datasets.end() ? unscripted<read_dataset_reply>("read_dataset")
                                            : caf::result<read_dataset_reply>{read_dataset_reply{it->second}};
      },
      [=](const record_request& r) { return reply(script->recorded, r, fine); },
      [](const build_dataset_request&) { return unscripted<build_dataset_reply>("build_dataset"); },
      [](const write_again&) {},
      [](const progress_request&) { return unscripted<progress_reply>("progress"); },
      [](const begin_epoch_request&) { return unscripted<begin_epoch_reply>("begin_epoch"); },
      [](const summary_request&) { return unscripted<summary_reply>("summary"); },
      [](const evaluation_request&) { return unscripted<evaluation_reply>("evaluation"); },
      [](const steer_request&) { return unscripted<steer_reply>("steer"); },
  };
}

} // namespace troupe::actors
