// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/payload_bytes.hpp"

namespace troupe::rollout {

namespace {

constexpr std::uint64_t frame = 64;       // of a record: envelope, key, fixed fields
constexpr std::uint64_t list_entry = 32;  // a message, a segment, a part of a reward
constexpr std::uint64_t token_arrays = 9; // token id, log-probability, loss mask
constexpr std::uint64_t token_text = 4;

} // namespace

std::uint64_t payload_bytes(const prompt& p) {
  std::uint64_t bytes = frame + p.task.size() + p.text.size() + p.answer.size() + p.metadata.size();
  for (const auto& m : p.messages) {
    bytes += list_entry + m.role.size() + m.content.size();
  }
  return bytes;
}

std::uint64_t payload_bytes(const sample& s) {
  return frame + token_arrays * s.tokens.size() + list_entry * s.segments.size() + s.text.size();
}

std::uint64_t payload_bytes(const judgement& j) {
  std::uint64_t bytes = frame;
  for (const auto& part : j.parts) {
    bytes += list_entry + part.name.size() + part.reason.size();
  }
  return bytes;
}

std::uint64_t payload_bytes(const group& g) {
  if (g.payload_bytes != 0) {
    return g.payload_bytes;
  }
  std::uint64_t bytes = frame;
  for (const auto& m : g.members) {
    bytes += m.submitted ? 2 * frame + (token_arrays + token_text) * m.num_tokens : 0;
  }
  return bytes;
}

} // namespace troupe::rollout
