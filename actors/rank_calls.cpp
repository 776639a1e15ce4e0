// SPDX-License-Identifier: Apache-2.0
#include "actors/rank_calls.hpp"

#include "actors/learner_calls.hpp"
#include "schema/codec_frame.hpp"
#include "schema/control.capnp.h"

namespace troupe::actors {

namespace {

using builder = schema::RankRequest::Builder;
using reader = schema::RankRequest::Reader;

} // namespace

std::string encode(const load_share_request& m) {
  return encode(m.what);
}
load_share_request decode_call(std::string_view bytes, of_type<load_share_request>) {
  return {decode_call<load_stage_request>(bytes)};
}

std::string encode(const join_ranks_request& m) {
  return frame::make<schema::RankRequest>([&](builder to) {
    to.setEpoch(m.learner.value);
    to.setMeeting(m.where.address);
    to.setRank(m.where.rank);
    to.setRanks(m.where.size);
    to.setDeadlineMs(frame::to_ms(m.where.deadline));
  });
}
join_ranks_request decode_call(std::string_view bytes, of_type<join_ranks_request>) {
  return frame::open<schema::RankRequest>(bytes, [](reader from) {
    join_ranks_request m{.where = {}, .learner = epoch{from.getEpoch()}};
    m.where.address = frame::text(from.getMeeting());
    m.where.rank = from.getRank();
    m.where.size = from.getRanks();
    m.where.deadline = frame::from_ms(from.getDeadlineMs());
    return m;
  });
}

std::string encode(const train_share_request& m) {
  return frame::make<schema::RankRequest>([&](builder to) {
    to.setEpoch(m.learner.value);
    to.setVersion(m.version.value);
    to.setDataCursor(m.data_cursor);
    auto groups = to.initGroups(frame::size(m.groups));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      frame::put(groups[i], m.groups[i]);
    }
  });
}
train_share_request decode_call(std::string_view bytes, of_type<train_share_request>) {
  return frame::open<schema::RankRequest>(bytes, [](reader from) {
    train_share_request m{.learner = epoch{from.getEpoch()},
                          .version = policy_version{from.getVersion()},
                          .data_cursor = from.getDataCursor(),
                          .groups = {}};
    for (const auto id : from.getGroups()) {
      m.groups.push_back(frame::get_group_id(id));
    }
    return m;
  });
}

std::string encode(const gather_share_request& m) {
  return frame::make<schema::RankRequest>([&](builder to) {
    to.setEpoch(m.learner.value);
    to.setVersion(m.version.value);
  });
}
gather_share_request decode_call(std::string_view bytes, of_type<gather_share_request>) {
  return frame::open<schema::RankRequest>(bytes, [](reader from) {
    return gather_share_request{epoch{from.getEpoch()}, policy_version{from.getVersion()}};
  });
}

bool may_lead(wire::role who, std::uint16_t kind) {
  return who == wire::role::learner && has_kind(rank_calls{}, kind);
}

} // namespace troupe::actors
