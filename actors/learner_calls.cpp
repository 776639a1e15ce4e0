// SPDX-License-Identifier: Apache-2.0
#include "actors/learner_calls.hpp"

#include "schema/codec_frame.hpp"
#include "schema/control.capnp.h"

namespace troupe::actors {

namespace {

template <class Fill>
std::string request(Fill fill) {
  return frame::make<schema::LearnerRequest>(fill);
}
template <class Fill>
std::string reply(Fill fill) {
  return frame::make<schema::LearnerReply>(fill);
}
template <class Read>
auto open_request(std::string_view bytes, Read read) {
  return frame::open<schema::LearnerRequest>(bytes, read);
}
template <class Read>
auto open_reply(std::string_view bytes, Read read) {
  return frame::open<schema::LearnerReply>(bytes, read);
}

} // namespace

std::string encode(const load_stage_request& m) {
  return request([&](auto to) {
    to.setEpoch(m.learner.value);
    to.setStage(m.stage.value);
    to.setVersion(m.version.value);
    to.setFolder(m.folder);
    to.setWithOptimizer(m.with_optimizer);
    to.setBranch(m.branch);
  });
}
load_stage_request decode_call(std::string_view bytes, of_type<load_stage_request>) {
  return open_request(bytes, [](auto from) {
    return load_stage_request{.stage = stage_index{from.getStage()},
                              .folder = frame::text(from.getFolder()),
                              .with_optimizer = from.getWithOptimizer(),
                              .version = policy_version{from.getVersion()},
                              .branch = from.getBranch(),
                              .learner = epoch{from.getEpoch()}};
  });
}

std::string encode(const publish_request& m) {
  return request([&](auto to) {
    to.setStage(m.stage.value);
    to.setFolder(m.folder);
  });
}
publish_request decode_call(std::string_view bytes, of_type<publish_request>) {
  return open_request(bytes, [](auto from) {
    return publish_request{stage_index{from.getStage()}, frame::text(from.getFolder())};
  });
}

std::string encode(const pin_request& m) {
  return request([&](auto to) {
    to.setStage(m.stage.value);
    to.setVersion(m.version.value);
    to.setKeep(m.keep);
  });
}
pin_request decode_call(std::string_view bytes, of_type<pin_request>) {
  return open_request(bytes, [](auto from) {
    return pin_request{stage_index{from.getStage()}, policy_version{from.getVersion()}, from.getKeep()};
  });
}

std::string encode(const step_request& m) {
  return request([&](auto to) { to.setPatienceMs(frame::to_ms(m.patience)); });
}
step_request decode_call(std::string_view bytes, of_type<step_request>) {
  return open_request(bytes, [](auto from) { return step_request{frame::from_ms(from.getPatienceMs())}; });
}

std::string encode(const checkpoint_request&) {
  return request([](auto) {});
}
checkpoint_request decode_call(std::string_view bytes, of_type<checkpoint_request>) {
  return open_request(bytes, [](auto) { return checkpoint_request{}; });
}

std::string encode(const load_stage_reply& m) {
  return reply([&](auto to) {
    to.setVersion(m.version.value);
    to.setTrainedAgain(m.trained_again);
  });
}
load_stage_reply decode_call(std::string_view bytes, of_type<load_stage_reply>) {
  return open_reply(bytes, [](auto from) {
    return load_stage_reply{policy_version{from.getVersion()}, from.getTrainedAgain()};
  });
}

std::string encode(const step_reply& m) {
  return reply([&](auto to) {
    to.setStepped(m.stepped);
    to.setWaitingFor(m.waiting_for);
    to.setVersion(m.version.value);
    to.setMetrics(m.metrics);
  });
}
step_reply decode_call(std::string_view bytes, of_type<step_reply>) {
  return open_reply(bytes, [](auto from) {
    return step_reply{.stepped = from.getStepped(),
                      .waiting_for = frame::text(from.getWaitingFor()),
                      .version = policy_version{from.getVersion()},
                      .metrics = frame::text(from.getMetrics())};
  });
}

std::string encode(const checkpoint_reply& m) {
  return reply([&](auto to) {
    const auto record = encode(*m.written);
    to.setCheckpoint(frame::data(record));
  });
}
checkpoint_reply decode_call(std::string_view bytes, of_type<checkpoint_reply>) {
  return open_reply(bytes, [](auto from) {
    return checkpoint_reply{
        std::make_shared<checkpoint_record>(decode<checkpoint_record>(frame::text(from.getCheckpoint())))};
  });
}

bool may_train(wire::role who, std::uint16_t kind) {
  return who == wire::role::controller && has_kind(learner_calls{}, kind);
}

} // namespace troupe::actors
