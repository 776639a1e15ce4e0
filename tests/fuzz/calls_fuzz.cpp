// SPDX-License-Identifier: Apache-2.0
#include "actors/buffer_calls.hpp"
#include "actors/control_calls.hpp"
#include "actors/learner_calls.hpp"
#include "actors/rank_calls.hpp"
#include "actors/weights_calls.hpp"
#include "schema/codec.hpp"
#include "tests/fuzz/input_folder.hpp"

#include <array>

namespace troupe::actors {
namespace {

/// Bytes are refused with codec_error, or what they decode to encodes again, and that encoding stays as it is.
template <auto Decode>
void round_trip(std::string_view bytes) {
  const auto once = encode(Decode(bytes));
  fuzz::require(encode(Decode(once)) == once, "an encoding decodes to what it encodes");
}

/// What each process decodes of the others, by number.
constexpr std::array calls{round_trip<decode_call<cluster::joiner>>,
                           round_trip<decode_call<cluster::sign_of_life>>,
                           round_trip<decode_call<cluster::instruction>>,
                           round_trip<decode_call<leave_request>>,
                           round_trip<decode_call<load_stage_request>>,
                           round_trip<decode_call<step_request>>,
                           round_trip<decode_call<step_reply>>,
                           round_trip<decode_call<checkpoint_reply>>,
                           round_trip<decode_call<issue_request>>,
                           round_trip<decode_call<lease_prompts_request>>,
                           round_trip<decode_call<lease_prompts_reply>>,
                           round_trip<decode_call<submit_samples_request>>,
                           round_trip<decode_call<lease_generated_reply>>,
                           round_trip<decode_call<submit_verdict_request>>,
                           round_trip<decode_call<lease_batch_reply>>,
                           round_trip<decode_call<commit_request>>,
                           round_trip<decode_call<read_history_reply>>,
                           round_trip<decode_call<record_request>>,
                           round_trip<decode_call<evaluation_reply>>,
                           round_trip<decode_call<steer_request>>,
                           round_trip<decode_call<await_weights_request>>,
                           round_trip<decode_call<await_weights_reply>>,
                           round_trip<decode_call<describe_weights_reply>>,
                           round_trip<decode_call<weights_chunk_request>>,
                           round_trip<decode_call<join_ranks_request>>,
                           round_trip<decode_call<train_share_request>>};

} // namespace
} // namespace troupe::actors

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto which = data[0] % troupe::actors::calls.size();
  try {
    troupe::actors::calls[which](troupe::fuzz::as_text(data + 1, size - 1));
  } catch (const troupe::codec_error&) { // is what bytes that are no call get
  }
  return 0;
}
