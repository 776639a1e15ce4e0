// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/call_codec.hpp"
#include "gpu/engine.hpp"
#include "runtime/wire/message.hpp"
#include "schema/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// What generators ask of the learner's weights_door, and its answers, as bytes (schema/weights.capnp). Decoding trusts
/// nothing and throws codec_error.
namespace troupe::actors {

/// Kinds of the wire's requests. Numbers are never reused.
enum class weights_call : std::uint16_t {
  describe = 101,     ///< the tokenizer's files
  await_latest = 102, ///< answered when there is something else than the asker has, or after the door's patience
  fetch = 103,        ///< of one version that is latest or pinned; answered when it is there, or after the patience
  chunk = 104,        ///< bytes of a publication, from an offset
};

/// Which role may ask: generators.
bool may_ask_weights(wire::role who, std::uint16_t kind);

/// One publication of a version. After a learner's restart the same version may have other words under another id.
struct publication_id {
  incarnation life;         ///< of the learner
  std::uint64_t number = 0; ///< 0: none
  auto operator<=>(const publication_id&) const = default;
};

struct publication {
  publication_id id;
  stage_index stage;
  policy_version version;
  gpu::model_shape shape; ///< stages may start from different checkpoints
  std::uint64_t words = 0;
  std::uint64_t checksum = 0;
  std::string file;                ///< a version file of the asker's host; empty: none
  std::uint64_t changes_bytes = 0; ///< of the changes against what the asker has; 0: none
};

struct describe_weights_request {};
struct describe_weights_reply {
  std::map<std::string, std::string> tokenizer_files; ///< content by name
};

/// await_latest and fetch; `stage` and `version` are fetch's.
struct await_weights_request {
  publication_id have;
  std::string host;   ///< the asker's; empty: it wants no file
  bool whole = false; ///< it wants no changes either
  stage_index stage;
  policy_version version;
};
struct await_weights_reply {
  bool found = false;
  publication what;
};

/// The reply is bytes alone: up to `chunk_bytes` of them.
struct weights_chunk_request {
  publication_id id;
  publication_id base; ///< of the changes; none: the words themselves
  std::uint64_t offset = 0;
};
inline constexpr std::size_t chunk_bytes = 4UL << 20;

std::string encode(const describe_weights_request& m);
describe_weights_request decode_call(std::string_view bytes, of_type<describe_weights_request>);
std::string encode(const describe_weights_reply& m);
describe_weights_reply decode_call(std::string_view bytes, of_type<describe_weights_reply>);
std::string encode(const await_weights_request& m);
await_weights_request decode_call(std::string_view bytes, of_type<await_weights_request>);
std::string encode(const await_weights_reply& m);
await_weights_reply decode_call(std::string_view bytes, of_type<await_weights_reply>);
std::string encode(const weights_chunk_request& m);
weights_chunk_request decode_call(std::string_view bytes, of_type<weights_chunk_request>);

} // namespace troupe::actors
