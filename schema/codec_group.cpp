// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "schema/codec_frame.hpp"
#include "schema/rollout.capnp.h"

namespace troupe {

namespace {

std::int64_t or_minus_one(const std::optional<policy_version>& v) {
  return v ? static_cast<std::int64_t>(v->value) : -1;
}

std::optional<policy_version> unless_minus_one(std::int64_t v) {
  return v < 0 ? std::nullopt : std::optional{policy_version{static_cast<std::uint64_t>(v)}};
}

void put_member(schema::Member::Builder to, const member& m) {
  to.setSubmitted(m.submitted);
  to.setNumTokens(m.num_tokens);
  to.setFinish(static_cast<std::uint8_t>(m.finish));
  to.setOldest(m.oldest.value);
  to.setNewest(m.newest.value);
  to.setVerdict(static_cast<std::uint8_t>(m.verdict));
  to.setReward(frame::finite(m.reward, "a member's reward"));
  to.setDropped(static_cast<std::uint8_t>(m.dropped));
  to.setChecksum(m.checksum);
}

member get_member(schema::Member::Reader from) {
  return {.submitted = from.getSubmitted(),
          .num_tokens = from.getNumTokens(),
          .finish = frame::to_enum(from.getFinish(), finish_reason::cancelled, "a member's finish reason"),
          .oldest = policy_version{from.getOldest()},
          .newest = policy_version{from.getNewest()},
          .verdict = frame::to_enum(from.getVerdict(), verdict_kind::undecided, "a member's verdict"),
          .reward = frame::finite(from.getReward(), "a member's reward"),
          .dropped = frame::to_enum(from.getDropped(), drop_reason::evicted, "a member's drop reason"),
          .checksum = from.getChecksum()};
}

} // namespace

std::string encode(const group& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::Group>();
  frame::put(to.initId(), value.id);
  to.setState(static_cast<std::uint8_t>(value.state));
  to.setDropped(static_cast<std::uint8_t>(value.dropped));
  to.setTask(value.task);
  to.setPromptIndex(value.prompt_index);
  to.setSamplingSeed(value.sampling_seed);
  to.setIssuedAt(value.issued_at.value);
  to.setPinned(or_minus_one(value.pinned));
  to.setEvaluation(value.evaluation);
  to.setOutstandingParts(value.outstanding_parts);
  to.setLease(value.lease.value);
  to.setTrainedAt(or_minus_one(value.trained_at));
  to.setUses(value.uses);
  to.setMaxReuse(value.max_reuse);
  to.setForgottenMs(value.forgotten_ms);
  to.setPayloadBytes(value.payload_bytes);
  auto members = to.initMembers(frame::size(value.members));
  for (capnp::uint i = 0; i < members.size(); ++i) {
    put_member(members[i], value.members[i]);
  }
  auto history = to.initHistory(frame::size(value.history));
  for (capnp::uint i = 0; i < history.size(); ++i) {
    history[i].setTo(static_cast<std::uint8_t>(value.history[i].to));
    history[i].setAtMs(value.history[i].at_ms);
    history[i].setBy(value.history[i].by);
  }
  return frame::to_bytes(message);
}

template <>
group decode<group>(std::string_view bytes) {
  return frame::open<schema::Group>(bytes, [](schema::Group::Reader from) {
    group g{.id = frame::get_group_id(from.getId()),
            .state = frame::to_enum(from.getState(), group_state::dropped, "a group's state"),
            .dropped = frame::to_enum(from.getDropped(), drop_reason::evicted, "a group's drop reason"),
            .task = frame::text(from.getTask()),
            .prompt_index = from.getPromptIndex(),
            .sampling_seed = from.getSamplingSeed(),
            .issued_at = policy_version{from.getIssuedAt()},
            .pinned = unless_minus_one(from.getPinned()),
            .evaluation = from.getEvaluation(),
            .outstanding_parts = from.getOutstandingParts(),
            .lease = lease_id{from.getLease()},
            .trained_at = unless_minus_one(from.getTrainedAt()),
            .members = {},
            .history = {},
            .uses = from.getUses(),
            .max_reuse = from.getMaxReuse(),
            .forgotten_ms = from.getForgottenMs(),
            .payload_bytes = from.getPayloadBytes()};
    g.members.reserve(from.getMembers().size());
    g.history.reserve(from.getHistory().size());
    for (const auto m : from.getMembers()) {
      g.members.push_back(get_member(m));
    }
    for (const auto h : from.getHistory()) {
      g.history.push_back(
          {frame::to_enum(h.getTo(), group_state::dropped, "a history's state"), h.getAtMs(), frame::text(h.getBy())});
    }
    return g;
  });
}

} // namespace troupe
