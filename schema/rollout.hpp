// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The plain structs of one rollout: a prompt, its samples, their verdicts, and the group that ties them together.
/// `schema/rollout.capnp` is their persisted and wire form, `schema/codec.hpp` the way between the two.
namespace troupe {

enum class split : std::uint8_t { train = 0, validation = 1, heldout = 2 };

struct chat_message {
  std::string role; ///< system, user or assistant
  std::string content;
  bool operator==(const chat_message&) const = default;
};

/// One task instance.
struct prompt {
  std::string task; ///< name of the task in the recipe
  split from = split::train;
  std::uint64_t index = 0; ///< position within its split
  std::string text;        ///< plain prompt; empty when `messages` holds a conversation
  std::vector<chat_message> messages;
  std::string answer;   ///< reference answer; empty when there is none
  std::string metadata; ///< one JSON object, as reasoning-gym's entries carry it; may be empty
  bool operator==(const prompt&) const = default;
};

/// What a model reads: the plain text, or the contents of the messages, one a line.
std::string prompt_text(const prompt& p);

enum class segment_source : std::uint8_t { policy = 0, environment = 1 };

/// A run of tokens that came from one source under one set of weights; a weight swap starts a new one.
struct segment {
  segment_source source = segment_source::policy;
  std::uint32_t begin = 0; ///< first token, within the completion
  std::uint32_t end = 0;   ///< one past the last
  policy_version version;  ///< weights that sampled it
  bool operator==(const segment&) const = default;
};

enum class finish_reason : std::uint8_t { stop = 0, length = 1, cancelled = 2 };

/// One answer to a prompt. `tokens`, `logprobs` and `loss_mask` have one entry per completion token.
struct sample {
  std::uint32_t index = 0;             ///< position within the group
  std::vector<std::int32_t> tokens;    ///< completion only, with the end token where one was sampled
  std::vector<float> logprobs;         ///< natural log, at the sampling temperature, when sampled
  std::vector<std::uint8_t> loss_mask; ///< 1 where a token counts in the loss
  std::vector<segment> segments;       ///< cover the tokens in order, without gaps
  finish_reason finish = finish_reason::stop;
  std::string text; ///< decoded completion, without the end token
  bool operator==(const sample&) const = default;
};

enum class verdict_kind : std::uint8_t { none = 0, correct = 1, incorrect = 2, undecided = 3 };

/// One named part of a reward. The reward of a sample is the sum of weight * value over its decided parts.
struct reward_part {
  std::string name;
  double value = 0;                          ///< as the verifier gave it, usually 0 to 1
  double weight = 0;                         ///< from the recipe
  verdict_kind verdict = verdict_kind::none; ///< `none` for a purely scored part; `undecided`: `value` is meaningless
  std::string reason;
  bool operator==(const reward_part&) const = default;
};

/// What the verifiers said of one sample.
struct judgement {
  verdict_kind verdict =
      verdict_kind::none; ///< undecided if any deciding part is, else incorrect if any is, else correct
  double reward = 0;
  std::vector<reward_part> parts;
  bool operator==(const judgement&) const = default;
};

/// The life of a group (docs/architecture.md).
enum class group_state : std::uint8_t {
  queued = 0,
  generating = 1,
  generated = 2,
  verifying = 3,
  ready = 4,
  leased = 5, ///< by the learner, to be trained on
  trained = 6,
  collected = 7,
  scored = 8,
  dropped = 9,
};

/// Why a group, or one member of it, was dropped. `corrupt` is quarantine; `operator_request` is an operator's word.
enum class drop_reason : std::uint8_t {
  none = 0,
  stale = 1,
  zero_variance = 2,
  undecided = 3,
  truncated = 4,
  failed = 5,
  corrupt = 6,
  operator_request = 7,
  evicted = 8, ///< to make room in a replay table that is full
};

/// What became of one member; the payload (tokens, text, judgement) is a record of its own.
struct member {
  bool submitted = false;       ///< its sample is stored, whole
  std::uint32_t num_tokens = 0; ///< not submitted, yet more than 0: a partial is stored, which a drained worker left
  finish_reason finish = finish_reason::stop;
  policy_version oldest; ///< over its policy segments
  policy_version newest;
  verdict_kind verdict = verdict_kind::none;
  double reward = 0;
  drop_reason dropped = drop_reason::none; ///< a member can be dropped from a group that lives on
  std::uint64_t checksum = 0;              ///< xxh3 of the encoded sample; checked whenever it is read
  bool operator==(const member&) const = default;
};

/// Its answer so far is stored, and another worker can go on with it.
inline bool has_partial(const member& m) noexcept {
  return !m.submitted && m.num_tokens > 0;
}

/// One line of a group's history.
struct state_change {
  group_state to = group_state::queued;
  std::int64_t at_ms = 0; ///< wall clock, milliseconds since 1970, for people; of the rules only retention reads it
  std::string by;         ///< worker name; empty for the buffer itself
  bool operator==(const state_change&) const = default;
};

/// The journal's record of one group: small, rewritten whole at every transition, never holding a token array.
struct group {
  group_id id;
  group_state state = group_state::queued;
  drop_reason dropped = drop_reason::none;
  std::string task;
  std::uint64_t prompt_index = 0;
  std::uint64_t sampling_seed = 0;          ///< with sample index and position, the whole key of its random numbers
  policy_version issued_at;                 ///< the learner's version when it was issued
  std::optional<policy_version> pinned;     ///< eval and collect: the one version it may be sampled with
  std::uint32_t evaluation = 0;             ///< eval: which evaluation of its stage
  std::uint32_t outstanding_parts = 0;      ///< verdict parts still to come
  lease_id lease;                           ///< under which it is generated, verified or trained on; 0: none
  std::optional<policy_version> trained_at; ///< version its (latest) batch produced
  std::vector<member> members;              ///< num_generations of them
  std::vector<state_change> history;
  std::uint32_t uses = 0;          ///< steps that consumed it
  std::uint32_t max_reuse = 1;     ///< steps that may consume it: 1 in a queue, more in a replay table
  std::int64_t forgotten_ms = 0;   ///< wall clock when retention removed prompt, samples and judgements; 0: never
  std::uint64_t payload_bytes = 0; ///< of these, before compression; 0 in records of versions that did not count
  bool operator==(const group&) const = default;
};

std::string to_string(split s);
std::string to_string(finish_reason r);
std::string to_string(verdict_kind v);
std::string to_string(group_state s);
std::string to_string(drop_reason r); ///< `operator` for operator_request

} // namespace troupe
