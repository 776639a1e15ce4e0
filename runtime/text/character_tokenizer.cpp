// SPDX-License-Identifier: Apache-2.0
#include "runtime/text/character_tokenizer.hpp"

#include "runtime/error.hpp"
#include "runtime/text/utf8.hpp"

#include <algorithm>

namespace troupe::text {

character_tokenizer::character_tokenizer(std::vector<token> vocabulary, const std::string& end, const std::string& pad)
    : tokens_(std::move(vocabulary)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    if (!tokens_[i].text.empty()) {
      ids_.emplace(tokens_[i].text, id);
    }
    if (tokens_[i].added) {
      added_.push_back(id);
    }
  }
  std::sort(added_.begin(), added_.end(), [this](auto a, auto b) {
    return tokens_[static_cast<std::size_t>(a)].text.size() > tokens_[static_cast<std::size_t>(b)].text.size();
  });
  const auto id_of = [this](const std::string& name) {
    const auto found = ids_.find(name);
    return name.empty() || found == ids_.end() ? -1 : found->second;
  };
  end_ = id_of(end);
  pad_ = id_of(pad);
}

std::optional<std::int32_t> character_tokenizer::longest_added(std::string_view text) const {
  for (const auto id : added_) {
    if (text.starts_with(tokens_[static_cast<std::size_t>(id)].text)) {
      return id;
    }
  }
  return std::nullopt;
}

std::vector<std::int32_t> character_tokenizer::encode(std::string_view text, bool /*add_special_tokens*/) const {
  // Nothing is added around a text: such tokenizers have no post-processor.
  std::vector<std::int32_t> ids;
  ids.reserve(text.size());
  std::string key;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto id = longest_added(text.substr(at))) {
      ids.push_back(*id);
      at += tokens_[static_cast<std::size_t>(*id)].text.size();
      continue;
    }
    const auto length = character_length(text.substr(at));
    if (length == 0) {
      throw error(errc::invalid, "byte " + std::to_string(at) + " of the text is not UTF-8; convert it to UTF-8 first");
    }
    key.assign(text.substr(at, length));
    const auto found = ids_.find(key);
    if (found == ids_.end()) {
      throw error(errc::invalid, "the tokenizer has no token for " + name_of_character(key) + " at byte " +
                                     std::to_string(at) +
                                     " of the text; remove it, or use a model whose alphabet has it");
    }
    ids.push_back(found->second);
    at += length;
  }
  return ids;
}

std::string character_tokenizer::decode(std::span<const std::int32_t> ids, bool keep_special_tokens) const {
  std::string text;
  for (const auto id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size() ||
        tokens_[static_cast<std::size_t>(id)].text.empty()) {
      throw error(errc::invalid, "token id " + std::to_string(id) + " is outside the vocabulary of " +
                                     std::to_string(tokens_.size()) + " tokens");
    }
    const auto& one = tokens_[static_cast<std::size_t>(id)];
    if (keep_special_tokens || !one.special) {
      text += one.text;
    }
  }
  return text;
}

} // namespace troupe::text
