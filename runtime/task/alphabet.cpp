// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/alphabet.hpp"

#include "runtime/error.hpp"
#include "runtime/tags.hpp"
#include "runtime/text/utf8.hpp"

#include <algorithm>
#include <set>

namespace troupe::task {

const std::vector<std::string>& tags() {
  static const std::vector<std::string> all(tag::all.begin(), tag::all.end());
  return all;
}

std::string characters_of(std::string_view text) {
  std::set<std::string_view> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto tag = std::find_if(tags().begin(), tags().end(),
                                  [&](const std::string& one) { return text.substr(at).starts_with(one); });
    if (tag != tags().end()) {
      at += tag->size();
      continue;
    }
    const auto length = text::character_length(text.substr(at));
    if (length == 0) {
      throw error(errc::invalid, "byte " + std::to_string(at) + " of a task's text is not UTF-8; convert it first");
    }
    found.insert(text.substr(at, length));
    at += length;
  }
  std::string all;
  for (const auto one : found) {
    all += one;
  }
  return all;
}

std::string prompt_source::alphabet() const {
  constexpr std::uint64_t looked_at = 4096;
  std::string text;
  for (const auto from : {split::train, split::validation, split::heldout}) {
    const auto count = size(from).value_or(looked_at);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto one = at(from, i);
      text += one.question.text;
      for (const auto& message : one.question.messages) {
        text += message.content;
      }
      text += one.question.answer + one.demonstration;
    }
    text = characters_of(text);
  }
  return text;
}

std::string alphabet(std::span<const std::shared_ptr<const prompt_source>> sources) {
  std::string text;
  for (const auto& one : sources) {
    text += one->alphabet();
  }
  return characters_of(text);
}

void require_coverage(const text::tokenizer& tokenizer, const prompt_source& source, const std::string& task) {
  const auto needed = source.alphabet();
  for (const auto character : text::characters(needed)) {
    try {
      tokenizer.encode(character, false);
    } catch (const error&) {
      throw error(errc::invalid,
                  "task " + task + ": the tokenizer lacks " + text::name_of_character(character) +
                      ", which its prompts or answers use; use a model whose alphabet has it, or add it to "
                      "model.alphabet");
    }
  }
}

} // namespace troupe::task
