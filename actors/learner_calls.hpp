// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_table.hpp"
#include "actors/interfaces.hpp"
#include "runtime/wire/message.hpp"

#include <string>
#include <string_view>

/// The learner's requests and replies as bytes, for a learner in another process (schema/control.capnp). Decoding
/// trusts nothing and throws codec_error.
namespace troupe::actors {

/// Kinds of the wire's requests. Numbers are never reused.
enum class learner_call : std::uint16_t { load_stage = 300, publish = 301, pin = 302, step = 303, checkpoint = 304 };

std::string encode(const load_stage_request& m);
load_stage_request decode_call(std::string_view bytes, of_type<load_stage_request>);
std::string encode(const load_stage_reply& m);
load_stage_reply decode_call(std::string_view bytes, of_type<load_stage_reply>);
std::string encode(const publish_request& m);
publish_request decode_call(std::string_view bytes, of_type<publish_request>);
std::string encode(const pin_request& m);
pin_request decode_call(std::string_view bytes, of_type<pin_request>);
std::string encode(const step_request& m);
step_request decode_call(std::string_view bytes, of_type<step_request>);
std::string encode(const step_reply& m);
step_reply decode_call(std::string_view bytes, of_type<step_reply>);
std::string encode(const checkpoint_request& m);
checkpoint_request decode_call(std::string_view bytes, of_type<checkpoint_request>);
std::string encode(const checkpoint_reply& m);
checkpoint_reply decode_call(std::string_view bytes, of_type<checkpoint_reply>);

template <class Request, learner_call Kind>
using of_learner = call<learner_actor, Request, Kind>;

using learner_calls =
    call_table<of_learner<load_stage_request, learner_call::load_stage>,
               of_learner<publish_request, learner_call::publish>, of_learner<pin_request, learner_call::pin>,
               of_learner<step_request, learner_call::step>, of_learner<checkpoint_request, learner_call::checkpoint>>;

/// The controller alone.
bool may_train(wire::role who, std::uint16_t kind);

} // namespace troupe::actors
