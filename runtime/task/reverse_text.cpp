// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

#include <algorithm>

namespace troupe::task {
namespace {

/// A word of random letters, to be written backwards.
class reverse_text final : public generator {
public:
  explicit reverse_text(const parameters& p) : min_length_(p.whole("min_length")), max_length_(p.whole("max_length")) {}

  problem make(data::counter_random& random) const override {
    std::string word;
    for (auto left = random.between(min_length_, max_length_); left > 0; --left) {
      word += static_cast<char>('a' + random.below(26));
    }
    std::string backwards(word.rbegin(), word.rend());
    std::string letters;
    for (const char letter : backwards) {
      letters += (letters.empty() ? "" : " ") + std::string(1, letter);
    }
    return {"reverse " + word + "=", backwards, demonstrate(letters, backwards), "\"text\":\"" + word + "\""};
  }

  std::string alphabet() const override { return "abcdefghijklmnopqrstuvwxyz= "; }

private:
  std::int64_t min_length_, max_length_;
};

} // namespace

generator_kind reverse_text_kind() {
  return {{"reverse_text",
           "a word written backwards",
           "reverse tree=",
           "<think>e e r t</think><answer>eert</answer>",
           {{"min_length", 3, 1, 64, "fewest letters"}, {"max_length", 8, 1, 64, "most letters"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<reverse_text>(p); }};
}

} // namespace troupe::task
