// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"
#include "runtime/wire/message.hpp"

#include <string>
#include <string_view>

/// The learner's requests and replies as bytes, for a learner in another process (schema/control.capnp). Decoding
/// trusts nothing and throws codec_error.
namespace troupe::actors {

/// Kinds of the wire's requests. Numbers are never reused.
enum class learner_call : std::uint16_t { load_stage = 300, publish = 301, pin = 302, step = 303, checkpoint = 304 };

std::string encode(const load_stage_request& m);
std::string encode(const load_stage_reply& m);
std::string encode(const publish_request& m);
std::string encode(const publish_reply& m);
std::string encode(const pin_request& m);
std::string encode(const pin_reply& m);
std::string encode(const step_request& m);
std::string encode(const step_reply& m);
std::string encode(const checkpoint_request& m);
std::string encode(const checkpoint_reply& m);

/// T is one of the types above.
template <class T>
T decode_learner_call(std::string_view bytes);

/// The controller alone.
bool may_train(wire::role who, std::uint16_t kind);

} // namespace troupe::actors
