// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// Text to token ids and back, as the `tokenizer.json` of a Hugging Face folder says.
/// Immutable after construction, so safe from any thread.
class tokenizer {
public:
  virtual ~tokenizer() = default;

  /// Throws error(invalid) naming the character and its byte offset when the vocabulary lacks one.
  virtual std::vector<std::int32_t> encode(std::string_view text, bool add_special_tokens) const = 0;
  /// Throws error(invalid) naming the id when it is outside the vocabulary.
  virtual std::string decode(std::span<const std::int32_t> ids, bool keep_special_tokens) const = 0;

  virtual std::uint32_t vocabulary_size() const = 0;
  virtual std::int32_t end_token() const = 0; ///< -1 when there is none
  virtual std::int32_t pad_token() const = 0; ///< -1 when there is none
};

/// What a sample says: its tokens without the end token that stopped it, tags kept.
std::string completion_text(const tokenizer& by, const sample& s);

/// Reads `tokenizer.json` (and `tokenizer_config.json` where there is one) of a Hugging Face folder.
std::shared_ptr<const tokenizer> load_tokenizer(const std::string& folder);

/// The tokens that end a completion of the folder's model: `eos_token_id` of its generation_config.json, an id or a
/// list of ids; where it names none, the tokenizer's end token; empty where there is none either. Throws error(invalid)
/// naming the file when an id is outside the vocabulary or is no id at all.
std::vector<std::int32_t> read_stop_tokens(const std::string& folder, const tokenizer& by);

/// Writes a character-level tokenizer to `folder`: every character of `alphabet` (UTF-8) is a token, every string of
/// `special_tokens` is one token that is matched before characters; the end and pad tokens are `<|end|>` and `<|pad|>`.
/// `transformers` loads the folder as a PreTrainedTokenizerFast.
void write_character_tokenizer(const std::string& folder, std::string_view alphabet,
                               std::span<const std::string> special_tokens);
/// How many tokens that tokenizer has.
std::uint32_t character_vocabulary_size(std::string_view alphabet, std::span<const std::string> special_tokens);

} // namespace troupe::text
