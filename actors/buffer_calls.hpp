// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_table.hpp"
#include "actors/interfaces.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The buffer's requests and replies as bytes, for a buffer in another process (schema/buffer.capnp). Decoding trusts
/// nothing and throws codec_error.
namespace troupe::actors {

/// Kinds of the wire's requests. Numbers are never reused.
enum class buffer_call : std::uint16_t {
  begin_stage = 1,
  issue = 2,
  lease_prompts = 3,
  submit_samples = 4,
  lease_generated = 5,
  submit_verdict = 6,
  hand_back = 7,
  renew = 8,
  worker_lost = 9,
  lease_batch = 10,
  commit = 11,
  read_history = 12,
  read_steps = 13,
  read_batch = 14,
  read_dataset = 15,
  record = 16,
  build_dataset = 17,
  progress = 18,
  evaluation = 19,
  begin_epoch = 20,
  summary = 21,
  steer = 22,
};

std::string encode(const begin_stage_request& m);
begin_stage_request decode_call(std::string_view bytes, of_type<begin_stage_request>);
std::string encode(const issue_request& m);
issue_request decode_call(std::string_view bytes, of_type<issue_request>);
std::string encode(const issue_reply& m);
issue_reply decode_call(std::string_view bytes, of_type<issue_reply>);
std::string encode(const lease_prompts_request& m);
lease_prompts_request decode_call(std::string_view bytes, of_type<lease_prompts_request>);
std::string encode(const lease_prompts_reply& m);
lease_prompts_reply decode_call(std::string_view bytes, of_type<lease_prompts_reply>);
std::string encode(const submit_samples_request& m);
submit_samples_request decode_call(std::string_view bytes, of_type<submit_samples_request>);
std::string encode(const write_reply& m);
write_reply decode_call(std::string_view bytes, of_type<write_reply>);
std::string encode(const lease_generated_request& m);
lease_generated_request decode_call(std::string_view bytes, of_type<lease_generated_request>);
std::string encode(const lease_generated_reply& m);
lease_generated_reply decode_call(std::string_view bytes, of_type<lease_generated_reply>);
std::string encode(const submit_verdict_request& m);
submit_verdict_request decode_call(std::string_view bytes, of_type<submit_verdict_request>);
std::string encode(const hand_back_request& m);
hand_back_request decode_call(std::string_view bytes, of_type<hand_back_request>);
std::string encode(const renew_request& m);
renew_request decode_call(std::string_view bytes, of_type<renew_request>);
std::string encode(const worker_lost_request& m);
worker_lost_request decode_call(std::string_view bytes, of_type<worker_lost_request>);
std::string encode(const lease_batch_request& m);
lease_batch_request decode_call(std::string_view bytes, of_type<lease_batch_request>);
std::string encode(const lease_batch_reply& m);
lease_batch_reply decode_call(std::string_view bytes, of_type<lease_batch_reply>);
std::string encode(const commit_request& m);
commit_request decode_call(std::string_view bytes, of_type<commit_request>);
std::string encode(const read_history_request& m);
read_history_request decode_call(std::string_view bytes, of_type<read_history_request>);
std::string encode(const read_history_reply& m);
read_history_reply decode_call(std::string_view bytes, of_type<read_history_reply>);
std::string encode(const read_steps_request& m);
read_steps_request decode_call(std::string_view bytes, of_type<read_steps_request>);
std::string encode(const read_steps_reply& m);
read_steps_reply decode_call(std::string_view bytes, of_type<read_steps_reply>);
std::string encode(const read_batch_request& m);
read_batch_request decode_call(std::string_view bytes, of_type<read_batch_request>);
std::string encode(const read_dataset_request& m);
read_dataset_request decode_call(std::string_view bytes, of_type<read_dataset_request>);
std::string encode(const read_dataset_reply& m);
read_dataset_reply decode_call(std::string_view bytes, of_type<read_dataset_reply>);
std::string encode(const record_request& m);
record_request decode_call(std::string_view bytes, of_type<record_request>);
std::string encode(const build_dataset_request& m);
build_dataset_request decode_call(std::string_view bytes, of_type<build_dataset_request>);
std::string encode(const build_dataset_reply& m);
build_dataset_reply decode_call(std::string_view bytes, of_type<build_dataset_reply>);
std::string encode(const progress_request& m);
progress_request decode_call(std::string_view bytes, of_type<progress_request>);
std::string encode(const progress_reply& m);
progress_reply decode_call(std::string_view bytes, of_type<progress_reply>);
std::string encode(const evaluation_request& m);
evaluation_request decode_call(std::string_view bytes, of_type<evaluation_request>);
std::string encode(const evaluation_reply& m);
evaluation_reply decode_call(std::string_view bytes, of_type<evaluation_reply>);
std::string encode(const begin_epoch_request& m);
begin_epoch_request decode_call(std::string_view bytes, of_type<begin_epoch_request>);
std::string encode(const begin_epoch_reply& m);
begin_epoch_reply decode_call(std::string_view bytes, of_type<begin_epoch_reply>);
std::string encode(const summary_request& m);
summary_request decode_call(std::string_view bytes, of_type<summary_request>);
std::string encode(const summary_reply& m);
summary_reply decode_call(std::string_view bytes, of_type<summary_reply>);
std::string encode(const steer_request& m);
steer_request decode_call(std::string_view bytes, of_type<steer_request>);
std::string encode(const steer_reply& m);
steer_reply decode_call(std::string_view bytes, of_type<steer_reply>);

template <class Request, buffer_call Kind>
using of_buffer = call<buffer_actor, Request, Kind>;

using buffer_calls = call_table<
    of_buffer<begin_stage_request, buffer_call::begin_stage>, of_buffer<issue_request, buffer_call::issue>,
    of_buffer<lease_prompts_request, buffer_call::lease_prompts>,
    of_buffer<submit_samples_request, buffer_call::submit_samples>,
    of_buffer<lease_generated_request, buffer_call::lease_generated>,
    of_buffer<submit_verdict_request, buffer_call::submit_verdict>,
    of_buffer<hand_back_request, buffer_call::hand_back>, of_buffer<renew_request, buffer_call::renew>,
    of_buffer<worker_lost_request, buffer_call::worker_lost>, of_buffer<lease_batch_request, buffer_call::lease_batch>,
    of_buffer<commit_request, buffer_call::commit>, of_buffer<read_history_request, buffer_call::read_history>,
    of_buffer<read_steps_request, buffer_call::read_steps>, of_buffer<read_batch_request, buffer_call::read_batch>,
    of_buffer<read_dataset_request, buffer_call::read_dataset>, of_buffer<record_request, buffer_call::record>,
    of_buffer<build_dataset_request, buffer_call::build_dataset>, of_buffer<progress_request, buffer_call::progress>,
    of_buffer<evaluation_request, buffer_call::evaluation>, of_buffer<begin_epoch_request, buffer_call::begin_epoch>,
    of_buffer<summary_request, buffer_call::summary>, of_buffer<steer_request, buffer_call::steer>>;

} // namespace troupe::actors
