// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_table.hpp"
#include "actors/interfaces.hpp"
#include "runtime/wire/message.hpp"

#include <string>
#include <string_view>

/// What rank 0 of a learner asks of another rank, and the answers, as bytes, for a rank in another process
/// (schema/control.capnp). Decoding trusts nothing and throws codec_error.
namespace troupe::actors {

/// Kinds of the wire's requests. Numbers are never reused.
enum class rank_call : std::uint16_t { load_share = 400, join_ranks = 401, train_share = 402, gather_share = 403 };

std::string encode(const load_share_request& m);
load_share_request decode_call(std::string_view bytes, of_type<load_share_request>);
/// Of the seat all but `host`, which each rank knows for itself.
std::string encode(const join_ranks_request& m);
join_ranks_request decode_call(std::string_view bytes, of_type<join_ranks_request>);
std::string encode(const train_share_request& m);
train_share_request decode_call(std::string_view bytes, of_type<train_share_request>);
std::string encode(const gather_share_request& m);
gather_share_request decode_call(std::string_view bytes, of_type<gather_share_request>);

template <class Request, rank_call Kind>
using of_rank = call<learner_rank_actor, Request, Kind>;

using rank_calls =
    call_table<of_rank<load_share_request, rank_call::load_share>, of_rank<join_ranks_request, rank_call::join_ranks>,
               of_rank<train_share_request, rank_call::train_share>,
               of_rank<gather_share_request, rank_call::gather_share>>;

/// A learner alone.
bool may_lead(wire::role who, std::uint16_t kind);

} // namespace troupe::actors
