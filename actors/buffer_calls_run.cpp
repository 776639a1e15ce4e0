// SPDX-License-Identifier: Apache-2.0
// What the controller says: stages, evaluations, records, and what is stored already.
#include "actors/buffer_calls.hpp"
#include "actors/buffer_calls_frame.hpp"

namespace troupe::actors {

using troupe::decode, troupe::encode;

namespace {

std::string number_reply(std::uint64_t value) {
  return frame::make<schema::NumberReply>([&](auto to) { to.setValue(value); });
}
std::uint64_t number_in(std::string_view bytes) {
  return frame::open<schema::NumberReply>(bytes, [](auto from) { return from.getValue(); });
}

std::string stage_request(stage_index stage, policy_version version, std::uint32_t evaluation) {
  return frame::make<schema::StageRequest>([&](auto to) {
    to.setStage(stage.value);
    to.setVersion(version.value);
    to.setEvaluation(evaluation);
  });
}

/// Requests without content are a number that nobody reads.
template <class T>
T nothing_in(std::string_view bytes) {
  number_in(bytes);
  return {};
}

void put_result(schema::TaskResult::Builder to, const std::string& task, const task_result& r) {
  to.setTask(task);
  to.setProblems(r.problems);
  to.setSamples(r.samples);
  to.setCorrect(r.correct);
  to.setUndecided(r.undecided);
  to.setTokens(r.tokens);
  auto sums = to.initPartSums(frame::size(r.part_sums));
  capnp::uint i = 0;
  for (const auto& [name, value] : r.part_sums) {
    sums[i].setName(name);
    sums[i++].setValue(frame::finite(value, "a sum of rewards"));
  }
  auto first = to.initFirst(frame::size(r.first));
  for (i = 0; i < first.size(); ++i) {
    first[i].setPrompt(r.first[i].prompt);
    first[i].setCompletion(frame::data(r.first[i].completion));
    first[i].setAnswer(r.first[i].answer);
    first[i].setVerdict(static_cast<std::uint8_t>(r.first[i].verdict));
  }
}

task_result get_result(schema::TaskResult::Reader from) {
  task_result r{.problems = from.getProblems(),
                .samples = from.getSamples(),
                .correct = from.getCorrect(),
                .undecided = from.getUndecided(),
                .tokens = from.getTokens()};
  for (const auto sum : from.getPartSums()) {
    r.part_sums[frame::text(sum.getName())] = frame::finite(sum.getValue(), "a sum of rewards");
  }
  for (const auto a : from.getFirst()) {
    r.first.push_back({frame::text(a.getPrompt()), frame::text(a.getCompletion()), frame::text(a.getAnswer()),
                       frame::to_enum(a.getVerdict(), verdict_kind::undecided, "a verdict")});
  }
  return r;
}

} // namespace

std::string encode(const begin_stage_request& m) {
  return stage_request(m.stage, m.version, 0);
}
begin_stage_request decode_call(std::string_view bytes, of_type<begin_stage_request>) {
  return frame::open<schema::StageRequest>(bytes, [](auto from) {
    return begin_stage_request{stage_index{from.getStage()}, policy_version{from.getVersion()}};
  });
}

std::string encode(const issue_request& m) {
  return frame::make<schema::IssueRequest>([&](schema::IssueRequest::Builder to) {
    to.setPurpose(static_cast<std::uint8_t>(m.why));
    to.setSplit(static_cast<std::uint8_t>(m.from));
    to.setCount(m.count);
    to.setNumSamples(m.num_samples);
    to.setPinned(m.pinned.value);
    to.setEvaluation(m.evaluation);
    frame::put(to.initSampling(), m.sampling ? *m.sampling : sampling_plan{});
  });
}
issue_request decode_call(std::string_view bytes, of_type<issue_request>) {
  return frame::open<schema::IssueRequest>(bytes, [](schema::IssueRequest::Reader from) {
    return issue_request{.why = frame::to_enum(from.getPurpose(), purpose::eval, "a purpose"),
                         .from = frame::to_enum(from.getSplit(), split::heldout, "a split"),
                         .count = from.getCount(),
                         .num_samples = from.getNumSamples(),
                         .pinned = policy_version{from.getPinned()},
                         .evaluation = from.getEvaluation(),
                         .sampling = std::make_shared<sampling_plan>(frame::get(from.getSampling()))};
  });
}
std::string encode(const issue_reply& m) {
  return number_reply(m.issued);
}
issue_reply decode_call(std::string_view bytes, of_type<issue_reply>) {
  return {number_in(bytes)};
}

std::string encode(const read_history_request&) {
  return number_reply(0);
}
read_history_request decode_call(std::string_view bytes, of_type<read_history_request>) {
  return nothing_in<read_history_request>(bytes);
}
std::string encode(const read_history_reply& m) {
  return frame::make<schema::RecordsReply>([&](schema::RecordsReply::Builder to) {
    frame::put_records(to.initRecords(frame::size(*m.stages)), *m.stages);
    frame::put_records(to.initMore(frame::size(*m.checkpoints)), *m.checkpoints);
  });
}
read_history_reply decode_call(std::string_view bytes, of_type<read_history_reply>) {
  return frame::open<schema::RecordsReply>(bytes, [](schema::RecordsReply::Reader from) {
    return read_history_reply{frame::share_records<stage_record>(from.getRecords()),
                              frame::share_records<checkpoint_record>(from.getMore())};
  });
}

std::string encode(const read_steps_request& m) {
  return stage_request(m.stage, m.after, 0);
}
read_steps_request decode_call(std::string_view bytes, of_type<read_steps_request>) {
  return frame::open<schema::StageRequest>(bytes, [](auto from) {
    return read_steps_request{stage_index{from.getStage()}, policy_version{from.getVersion()}};
  });
}
std::string encode(const read_steps_reply& m) {
  return frame::make<schema::RecordsReply>(
      [&](schema::RecordsReply::Builder to) { frame::put_records(to.initRecords(frame::size(*m.steps)), *m.steps); });
}
read_steps_reply decode_call(std::string_view bytes, of_type<read_steps_reply>) {
  return frame::open<schema::RecordsReply>(bytes, [](schema::RecordsReply::Reader from) {
    return read_steps_reply{frame::share_records<step_record>(from.getRecords())};
  });
}

std::string encode(const read_batch_request& m) {
  return frame::make<schema::ReadBatchRequest>([&](schema::ReadBatchRequest::Builder to) {
    auto groups = to.initGroups(frame::size(m.groups));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      frame::put(groups[i], m.groups[i]);
    }
  });
}
read_batch_request decode_call(std::string_view bytes, of_type<read_batch_request>) {
  return frame::open<schema::ReadBatchRequest>(bytes, [](schema::ReadBatchRequest::Reader from) {
    read_batch_request m;
    for (const auto id : from.getGroups()) {
      m.groups.push_back(frame::get_group_id(id));
    }
    return m;
  });
}

std::string encode(const read_dataset_request& m) {
  return frame::make<schema::DatasetRequest>([&](auto to) { to.setName(m.name); });
}
read_dataset_request decode_call(std::string_view bytes, of_type<read_dataset_request>) {
  return frame::open<schema::DatasetRequest>(
      bytes, [](auto from) { return read_dataset_request{frame::text(from.getName())}; });
}
std::string encode(const read_dataset_reply& m) {
  return frame::make<schema::RecordsReply>([&](schema::RecordsReply::Builder to) {
    frame::put_records(to.initRecords(frame::size(*m.records)), *m.records);
  });
}
read_dataset_reply decode_call(std::string_view bytes, of_type<read_dataset_reply>) {
  return frame::open<schema::RecordsReply>(bytes, [](schema::RecordsReply::Reader from) {
    return read_dataset_reply{frame::share_records<dataset_record>(from.getRecords())};
  });
}

std::string encode(const record_request& m) {
  return frame::make<schema::RecordRequest>([&](schema::RecordRequest::Builder to) {
    const auto checkpoint = m.checkpoint ? encode(*m.checkpoint) : std::string{};
    const auto stage = m.stage ? encode(*m.stage) : std::string{};
    to.setCheckpoint(frame::data(checkpoint));
    to.setStage(frame::data(stage));
    frame::put_records(to.initForgotten(frame::size(m.forgotten)), m.forgotten);
    to.setOfLearner(m.learner.has_value());
    to.setEpoch(m.learner.value_or(epoch{}).value);
  });
}
record_request decode_call(std::string_view bytes, of_type<record_request>) {
  return frame::open<schema::RecordRequest>(bytes, [](schema::RecordRequest::Reader from) {
    record_request m{.forgotten = frame::get_records<checkpoint_record>(from.getForgotten())};
    if (from.getCheckpoint().size() > 0) {
      m.checkpoint =
          std::make_shared<checkpoint_record>(decode<checkpoint_record>(frame::bytes_of(from.getCheckpoint())));
    }
    if (from.getStage().size() > 0) {
      m.stage = std::make_shared<stage_record>(decode<stage_record>(frame::bytes_of(from.getStage())));
    }
    if (from.getOfLearner()) {
      m.learner = epoch{from.getEpoch()};
    }
    return m;
  });
}

std::string encode(const build_dataset_request& m) {
  return frame::make<schema::DatasetRequest>([&](auto to) {
    to.setStage(m.stage.value);
    to.setPolicyCheckpoint(m.policy_checkpoint);
    to.setStep(m.step.value);
  });
}
build_dataset_request decode_call(std::string_view bytes, of_type<build_dataset_request>) {
  return frame::open<schema::DatasetRequest>(bytes, [](auto from) {
    return build_dataset_request{stage_index{from.getStage()}, frame::text(from.getPolicyCheckpoint()),
                                 policy_version{from.getStep()}};
  });
}
std::string encode(const build_dataset_reply& m) {
  return frame::make<schema::RecordsReply>(
      [&](schema::RecordsReply::Builder to) { frame::put_records(to.initRecords(1), std::array{*m.made}); });
}
build_dataset_reply decode_call(std::string_view bytes, of_type<build_dataset_reply>) {
  return frame::open<schema::RecordsReply>(bytes, [](schema::RecordsReply::Reader from) {
    auto made = frame::get_records<dataset_manifest>(from.getRecords());
    if (made.size() != 1) {
      throw codec_error{"a dataset that was built has " + std::to_string(made.size()) + " manifests"};
    }
    return build_dataset_reply{std::make_shared<dataset_manifest>(std::move(made.front()))};
  });
}

std::string encode(const progress_request& m) {
  return number_reply(m.explain ? 1 : 0);
}
progress_request decode_call(std::string_view bytes, of_type<progress_request>) {
  return {number_in(bytes) != 0};
}
std::string encode(const progress_reply& m) {
  return frame::make<schema::ProgressReply>([&](auto to) {
    to.setUnfinishedPinned(m.unfinished_pinned);
    to.setVersion(m.version.value);
    to.setWaitingFor(m.waiting_for);
  });
}
progress_reply decode_call(std::string_view bytes, of_type<progress_reply>) {
  return frame::open<schema::ProgressReply>(bytes, [](auto from) {
    return progress_reply{from.getUnfinishedPinned(), policy_version{from.getVersion()},
                          frame::text(from.getWaitingFor())};
  });
}

std::string encode(const evaluation_request& m) {
  return stage_request(m.stage, {}, m.evaluation);
}
evaluation_request decode_call(std::string_view bytes, of_type<evaluation_request>) {
  return frame::open<schema::StageRequest>(bytes, [](auto from) {
    return evaluation_request{stage_index{from.getStage()}, from.getEvaluation()};
  });
}
std::string encode(const evaluation_reply& m) {
  return frame::make<schema::EvaluationReply>([&](schema::EvaluationReply::Builder to) {
    auto results = to.initResults(frame::size(*m.by_task));
    capnp::uint i = 0;
    for (const auto& [task, r] : *m.by_task) {
      put_result(results[i++], task, r);
    }
  });
}
evaluation_reply decode_call(std::string_view bytes, of_type<evaluation_reply>) {
  return frame::open<schema::EvaluationReply>(bytes, [](schema::EvaluationReply::Reader from) {
    auto results = std::make_shared<std::map<std::string, task_result>>();
    for (const auto r : from.getResults()) {
      results->insert_or_assign(frame::text(r.getTask()), get_result(r));
    }
    return evaluation_reply{std::move(results)};
  });
}

std::string encode(const begin_epoch_request&) {
  return number_reply(0);
}
begin_epoch_request decode_call(std::string_view bytes, of_type<begin_epoch_request>) {
  return nothing_in<begin_epoch_request>(bytes);
}
std::string encode(const begin_epoch_reply& m) {
  return number_reply(m.learner.value);
}
begin_epoch_reply decode_call(std::string_view bytes, of_type<begin_epoch_reply>) {
  return {epoch{number_in(bytes)}};
}

std::string encode(const summary_request&) {
  return number_reply(0);
}
summary_request decode_call(std::string_view bytes, of_type<summary_request>) {
  return nothing_in<summary_request>(bytes);
}
std::string encode(const summary_reply& m) {
  return frame::make<schema::TextReply>([&](auto to) { to.setText(m.counts); });
}
summary_reply decode_call(std::string_view bytes, of_type<summary_reply>) {
  return frame::open<schema::TextReply>(bytes, [](auto from) { return summary_reply{frame::text(from.getText())}; });
}

std::string encode(const steer_request& m) {
  return frame::make<schema::SteerRequest>([&](auto to) {
    to.setSetsPaused(m.paused.has_value());
    to.setPaused(m.paused.value_or(false));
    to.setSetsMaxStaleness(m.max_staleness.has_value());
    to.setMaxStaleness(m.max_staleness.value_or(0));
  });
}
steer_request decode_call(std::string_view bytes, of_type<steer_request>) {
  return frame::open<schema::SteerRequest>(bytes, [](auto from) {
    steer_request r;
    if (from.getSetsPaused()) {
      r.paused = from.getPaused();
    }
    if (from.getSetsMaxStaleness()) {
      r.max_staleness = from.getMaxStaleness();
    }
    return r;
  });
}

std::string encode(const steer_reply& m) {
  return frame::make<schema::SteerReply>([&](auto to) {
    to.setPaused(m.paused);
    to.setMaxStaleness(m.max_staleness);
  });
}
steer_reply decode_call(std::string_view bytes, of_type<steer_reply>) {
  return frame::open<schema::SteerReply>(bytes, [](auto from) {
    return steer_reply{from.getPaused(), from.getMaxStaleness()};
  });
}

} // namespace troupe::actors
