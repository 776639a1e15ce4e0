// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/text/tokenizer.hpp"

#include <optional>
#include <unordered_map>

namespace troupe::text {

/// One token per character, and a few strings that are one token each and are matched first, longest first.
/// Immutable after construction, so safe from any thread.
class character_tokenizer final : public tokenizer {
public:
  struct token {
    std::string text;
    bool added = false;   ///< matched before characters
    bool special = false; ///< left out when decoding without special tokens
  };

  /// `vocabulary[i]` is the token of id i; an empty text is an id that no token has. `end` and `pad` may be empty.
  character_tokenizer(std::vector<token> vocabulary, const std::string& end, const std::string& pad);

  std::vector<std::int32_t> encode(std::string_view text, bool add_special_tokens) const override;
  std::string decode(std::span<const std::int32_t> ids, bool keep_special_tokens) const override;
  std::uint32_t vocabulary_size() const override { return static_cast<std::uint32_t>(tokens_.size()); }
  std::int32_t end_token() const override { return end_; }
  std::int32_t pad_token() const override { return pad_; }

private:
  std::optional<std::int32_t> longest_added(std::string_view text) const;

  std::vector<token> tokens_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::vector<std::int32_t> added_; ///< longest text first
  std::int32_t end_ = -1;
  std::int32_t pad_ = -1;
};

} // namespace troupe::text
