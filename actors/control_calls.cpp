// SPDX-License-Identifier: Apache-2.0
#include "actors/control_calls.hpp"

#include "schema/codec_frame.hpp"
#include "schema/control.capnp.h"

namespace troupe::actors {

std::string encode(const cluster::joiner& m) {
  return frame::make<schema::JoinRequest>([&](auto to) {
    to.setProtocol(m.speaks);
    to.setPid(m.pid);
    to.setHost(m.host);
    to.setProgram(m.program);
    to.setRecipe(m.recipe);
    to.setHttp(m.http);
    to.setAdmin(m.admin);
  });
}
cluster::joiner decode_call(std::string_view bytes, of_type<cluster::joiner>) {
  return frame::open<schema::JoinRequest>(bytes, [](auto from) {
    return cluster::joiner{.speaks = from.getProtocol(),
                           .pid = from.getPid(),
                           .host = frame::text(from.getHost()),
                           .program = frame::text(from.getProgram()),
                           .recipe = frame::text(from.getRecipe()),
                           .http = frame::text(from.getHttp()),
                           .admin = frame::text(from.getAdmin())};
  });
}

std::string encode(const cluster::sign_of_life& m) {
  return frame::make<schema::HeartbeatRequest>([&](auto to) {
    to.setDoing(m.doing);
    to.setDoingForMs(frame::to_ms(m.doing_for));
    to.setWaitsFor(m.waits_for);
    to.setVersion(m.version.value);
    to.setLeases(m.leases);
    to.setBusyUs(m.busy_us);
    to.setTokens(m.tokens);
    to.setDraining(m.draining);
    to.setUnansweredBy(m.unanswered_by);
    to.setUnansweredForMs(frame::to_ms(m.unanswered_for));
  });
}
cluster::sign_of_life decode_call(std::string_view bytes, of_type<cluster::sign_of_life>) {
  return frame::open<schema::HeartbeatRequest>(bytes, [](auto from) {
    return cluster::sign_of_life{.doing = frame::text(from.getDoing()),
                                 .doing_for = frame::from_ms(from.getDoingForMs()),
                                 .waits_for = frame::text(from.getWaitsFor()),
                                 .version = policy_version{from.getVersion()},
                                 .leases = from.getLeases(),
                                 .busy_us = from.getBusyUs(),
                                 .tokens = from.getTokens(),
                                 .unanswered_by = frame::text(from.getUnansweredBy()),
                                 .unanswered_for = frame::from_ms(from.getUnansweredForMs()),
                                 .draining = from.getDraining()};
  });
}

std::string encode(const leave_request& m) {
  return frame::make<schema::LeaveRequest>([&](auto to) { to.setWhy(m.why); });
}
leave_request decode_call(std::string_view bytes, of_type<leave_request>) {
  return frame::open<schema::LeaveRequest>(bytes, [](auto from) { return leave_request{frame::text(from.getWhy())}; });
}

std::string encode(const cluster::instruction& m) {
  return frame::make<schema::Instruction>([&](auto to) {
    to.setWhat(static_cast<std::uint8_t>(m.what));
    to.setWhy(m.why);
    to.setRefused(m.refused);
  });
}
cluster::instruction decode_call(std::string_view bytes, of_type<cluster::instruction>) {
  return frame::open<schema::Instruction>(bytes, [](auto from) {
    if (from.getWhat() > static_cast<std::uint8_t>(cluster::order::leave)) {
      throw codec_error{"an order of the unknown kind " + std::to_string(from.getWhat())};
    }
    return cluster::instruction{.what = static_cast<cluster::order>(from.getWhat()),
                                .why = frame::text(from.getWhy()),
                                .refused = from.getRefused()};
  });
}

bool may_join(wire::role who, std::uint16_t kind) {
  return kind >= static_cast<std::uint16_t>(control_call::join) &&
         kind <= static_cast<std::uint16_t>(control_call::leave) && who < wire::role::admin_read &&
         who != wire::role::controller;
}

} // namespace troupe::actors
