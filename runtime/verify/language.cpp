// SPDX-License-Identifier: Apache-2.0
#include "runtime/tags.hpp"
#include "runtime/verify/metadata.hpp"
#include "runtime/verify/rule_judge.hpp"

#include <map>
#include <set>

namespace troupe::verify {
namespace {

using lexicon = std::set<std::string, std::less<>>;

/// Words that tell the languages apart: the commonest ones, and the numbers.
const std::map<std::string, lexicon, std::less<>>& lexicons() {
  static const std::map<std::string, lexicon, std::less<>> all = {
      {"en", {"zero",  "one",   "two",   "three",   "four",   "five", "six",  "seven",  "eight", "nine",
              "ten",   "sorry", "no",    "yes",     "the",    "and",  "of",   "to",     "is",    "it",
              "that",  "this",  "with",  "for",     "you",    "are",  "not",  "we",     "have",  "from",
              "which", "would", "there", "because", "answer", "so",   "then", "cannot", "if",    "first"}},
      {"de", {"null", "eins", "zwei",    "drei", "vier", "fünf",   "sechs", "sieben", "acht", "neun",
              "zehn", "nein", "leider",  "ja",   "der",  "die",    "das",   "und",    "ist",  "nicht",
              "ein",  "eine", "mit",     "für",  "sie",  "wir",    "haben", "von",    "auf",  "auch",
              "weil", "dann", "antwort", "wenn", "kann", "zuerst", "also",  "ich",    "den",  "dem"}},
  };
  return all;
}

/// Of the tag that `text` begins with; 0 where it begins with none.
std::size_t tag_length(std::string_view text) noexcept {
  for (const auto one : tag::all) {
    if (text.starts_with(one)) {
      return one.size();
    }
  }
  return 0;
}

/// Runs of letters, A to Z made small; every byte of a character beyond ASCII counts as a letter. Tags are passed over.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const auto tag = tag_length(text.substr(at)); tag > 0) {
      finish();
      at += tag - 1;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[at]);
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || c >= 0x80) {
      word += static_cast<char>(upper ? c + 32 : c);
    } else {
      finish();
    }
  }
  finish();
  return words;
}

} // namespace

finding judge_language(const question& q, std::uint64_t /*seed*/) {
  const auto terms = read_terms(q.asked->metadata);
  if (!terms.language || !lexicons().contains(*terms.language)) {
    return undecided("the prompt's metadata names no language that is known here (en, de)");
  }
  std::size_t own = 0;
  std::size_t other = 0;
  for (const auto& word : words_of(q.completion)) {
    if (lexicons().at(*terms.language).contains(word)) {
      ++own;
      continue;
    }
    for (const auto& [name, words] : lexicons()) {
      if (words.contains(word)) {
        ++other;
        break;
      }
    }
  }
  if (own + other == 0) {
    return scored(0, "no word of a known language");
  }
  return scored(static_cast<double>(own) / static_cast<double>(own + other),
                std::to_string(own) + " of " + std::to_string(own + other) + " words are " + *terms.language);
}

} // namespace troupe::verify
