// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"

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
inline constexpr auto last_buffer_call = buffer_call::steer;

std::string encode(const begin_stage_request& m);
std::string encode(const begin_stage_reply& m);
std::string encode(const issue_request& m);
std::string encode(const issue_reply& m);
std::string encode(const lease_prompts_request& m);
std::string encode(const lease_prompts_reply& m);
std::string encode(const submit_samples_request& m);
std::string encode(const submit_reply& m);
std::string encode(const lease_generated_request& m);
std::string encode(const lease_generated_reply& m);
std::string encode(const submit_verdict_request& m);
std::string encode(const hand_back_request& m);
std::string encode(const renew_request& m);
std::string encode(const worker_lost_request& m);
std::string encode(const lease_batch_request& m);
std::string encode(const lease_batch_reply& m);
std::string encode(const commit_request& m);
std::string encode(const read_history_request& m);
std::string encode(const read_history_reply& m);
std::string encode(const read_steps_request& m);
std::string encode(const read_steps_reply& m);
std::string encode(const read_batch_request& m);
std::string encode(const read_dataset_request& m);
std::string encode(const read_dataset_reply& m);
std::string encode(const record_request& m);
std::string encode(const build_dataset_request& m);
std::string encode(const build_dataset_reply& m);
std::string encode(const progress_request& m);
std::string encode(const progress_reply& m);
std::string encode(const evaluation_request& m);
std::string encode(const evaluation_reply& m);
std::string encode(const begin_epoch_request& m);
std::string encode(const begin_epoch_reply& m);
std::string encode(const summary_request& m);
std::string encode(const summary_reply& m);
std::string encode(const steer_request& m);
std::string encode(const steer_reply& m);

/// T is one of the types above.
template <class T>
T decode_call(std::string_view bytes);

} // namespace troupe::actors
