// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "schema/codec_frame.hpp"
#include "schema/dataset.capnp.h"
#include "schema/step.capnp.h"

namespace troupe {

std::string encode(const step_record& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::StepRecord>();
  to.setStage(value.stage.value);
  to.setVersion(value.version.value);
  to.setBranch(value.branch);
  auto groups = to.initGroups(frame::size(value.groups));
  for (capnp::uint i = 0; i < groups.size(); ++i) {
    frame::put(groups[i], value.groups[i]);
  }
  to.setDataCursor(value.data_cursor);
  to.setRandomState(value.random_state);
  to.setSkipped(value.skipped);
  to.setMetrics(value.metrics);
  return frame::to_bytes(message);
}

template <>
step_record decode<step_record>(std::string_view bytes) {
  return frame::open<schema::StepRecord>(bytes, [](schema::StepRecord::Reader from) {
    step_record r{.stage = stage_index{from.getStage()},
                  .version = policy_version{from.getVersion()},
                  .branch = from.getBranch(),
                  .groups = {},
                  .data_cursor = from.getDataCursor(),
                  .random_state = from.getRandomState(),
                  .skipped = from.getSkipped(),
                  .metrics = frame::text(from.getMetrics())};
    for (const auto id : from.getGroups()) {
      r.groups.push_back(frame::get_group_id(id));
    }
    return r;
  });
}

std::string encode(const checkpoint_record& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::CheckpointRecord>();
  to.setStage(value.stage.value);
  to.setVersion(value.version.value);
  to.setBranch(value.branch);
  to.setFolder(value.folder);
  to.setManifestHash(value.manifest_hash);
  to.setValidation(frame::finite(value.validation, "a validation accuracy"));
  return frame::to_bytes(message);
}

template <>
checkpoint_record decode<checkpoint_record>(std::string_view bytes) {
  return frame::open<schema::CheckpointRecord>(bytes, [](schema::CheckpointRecord::Reader from) {
    return checkpoint_record{.stage = stage_index{from.getStage()},
                             .version = policy_version{from.getVersion()},
                             .branch = from.getBranch(),
                             .folder = frame::text(from.getFolder()),
                             .manifest_hash = from.getManifestHash(),
                             .validation = frame::finite(from.getValidation(), "a validation accuracy")};
  });
}

std::string encode(const stage_record& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::StageRecord>();
  to.setStage(value.stage.value);
  to.setName(value.name);
  to.setStatus(static_cast<std::uint8_t>(value.status));
  to.setStartCheckpoint(value.start_checkpoint);
  to.setNote(value.note);
  return frame::to_bytes(message);
}

template <>
stage_record decode<stage_record>(std::string_view bytes) {
  return frame::open<schema::StageRecord>(bytes, [](schema::StageRecord::Reader from) {
    return stage_record{.stage = stage_index{from.getStage()},
                        .name = frame::text(from.getName()),
                        .status = frame::to_enum(from.getStatus(), stage_status::finished, "a stage's status"),
                        .start_checkpoint = frame::text(from.getStartCheckpoint()),
                        .note = frame::text(from.getNote())};
  });
}

std::string encode(const dataset_record& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::DatasetRecord>();
  to.setIndex(value.index);
  auto source = to.initSource();
  frame::put(source.initGroup(), value.source.group);
  source.setIndex(value.source.index);
  to.setTask(value.task);
  to.setPrompt(value.prompt);
  to.setCompletion(frame::data(value.completion));
  to.setAnswer(value.answer);
  to.setReward(frame::finite(value.reward, "a record's reward"));
  return frame::to_bytes(message);
}

template <>
dataset_record decode<dataset_record>(std::string_view bytes) {
  return frame::open<schema::DatasetRecord>(bytes, [](schema::DatasetRecord::Reader from) {
    return dataset_record{.index = from.getIndex(),
                          .source = {frame::get_group_id(from.getSource().getGroup()), from.getSource().getIndex()},
                          .task = frame::text(from.getTask()),
                          .prompt = frame::text(from.getPrompt()),
                          .completion = frame::text(from.getCompletion()),
                          .answer = frame::text(from.getAnswer()),
                          .reward = frame::finite(from.getReward(), "a record's reward")};
  });
}

std::string encode(const dataset_manifest& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::DatasetManifest>();
  to.setName(value.name);
  to.setVersion(value.version);
  to.setRecords(value.records);
  to.setStage(value.stage.value);
  to.setStep(value.step);
  to.setPolicy(value.policy.value);
  to.setPolicyCheckpoint(value.policy_checkpoint);
  auto verifiers = to.initVerifiers(frame::size(value.verifiers));
  for (capnp::uint i = 0; i < verifiers.size(); ++i) {
    verifiers.set(i, value.verifiers[i]);
  }
  to.setFilter(value.filter);
  to.setSeed(value.seed);
  auto parents = to.initParents(frame::size(value.parents));
  for (capnp::uint i = 0; i < parents.size(); ++i) {
    parents.set(i, value.parents[i]);
  }
  to.setConsidered(value.considered);
  return frame::to_bytes(message);
}

template <>
dataset_manifest decode<dataset_manifest>(std::string_view bytes) {
  return frame::open<schema::DatasetManifest>(bytes, [](schema::DatasetManifest::Reader from) {
    dataset_manifest m{.name = frame::text(from.getName()),
                       .version = from.getVersion(),
                       .records = from.getRecords(),
                       .stage = stage_index{from.getStage()},
                       .step = from.getStep(),
                       .policy = policy_version{from.getPolicy()},
                       .policy_checkpoint = frame::text(from.getPolicyCheckpoint()),
                       .verifiers = {},
                       .filter = frame::text(from.getFilter()),
                       .seed = from.getSeed(),
                       .parents = {},
                       .considered = from.getConsidered()};
    for (const auto v : from.getVerifiers()) {
      m.verifiers.push_back(frame::text(v));
    }
    for (const auto p : from.getParents()) {
      m.parents.push_back(frame::text(p));
    }
    return m;
  });
}

} // namespace troupe
