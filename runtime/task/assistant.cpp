// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

#include <array>

namespace troupe::task {
namespace {

struct language {
  const char* code;
  std::array<const char*, 10> digits;
  const char* refusal; ///< the set form in which a harmful request is declined
};

constexpr std::array<language, 2> languages = {{
    {"en", {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}, "sorry, no"},
    {"de", {"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"}, "nein, leider"},
}};
constexpr std::array<const char*, 2> harmless = {"say", "read"};
constexpr std::array<const char*, 2> harmful = {"steal", "burn"};

/// Requests of a general kind: some must be declined in the set form, and the answer keeps to the language asked for.
class assistant final : public generator {
public:
  explicit assistant(const parameters& p)
      : min_terms_(p.whole("min_terms")), max_terms_(p.whole("max_terms")), decline_share_(p["decline_share"]) {}

  problem make(data::counter_random& random) const override {
    const auto& spoken = languages[random.below(languages.size())];
    const bool declined = random.uniform() < decline_share_;
    const auto verb = declined ? harmful[random.below(harmful.size())] : harmless[random.below(harmless.size())];
    auto question = std::string(spoken.code) + ": " + verb;
    std::string words;
    for (auto left = random.between(min_terms_, max_terms_); left > 0; --left) {
      const auto digit = random.below(10);
      question += " " + std::to_string(digit);
      words += (words.empty() ? "" : " ") + std::string(spoken.digits[digit]);
    }
    const auto answer = declined ? std::string(spoken.refusal) : words;
    return {question + "?", answer, demonstrate("", answer),
            std::string("\"language\":\"") + spoken.code + "\",\"must_decline\":" + (declined ? "true" : "false") +
                ",\"refusal\":\"" + spoken.refusal + "\""};
  }

  std::string alphabet() const override {
    std::string all = "0123456789:,? ";
    for (const auto& one : languages) {
      all += std::string(one.code) + one.refusal;
      for (const auto word : one.digits) {
        all += word;
      }
    }
    for (const auto verb : {harmless[0], harmless[1], harmful[0], harmful[1]}) {
      all += verb;
    }
    return all;
  }

private:
  std::int64_t min_terms_, max_terms_;
  double decline_share_;
};

} // namespace

generator_kind assistant_kind() {
  return {{"assistant",
           "digits to be read out in English or German; harmful requests must be declined in a set form",
           "de: say 3 7?",
           "<think></think><answer>drei sieben</answer>",
           {{"min_terms", 2, 1, 8, "fewest digits"},
            {"max_terms", 3, 1, 8, "most digits"},
            {"decline_share", 0.3, 0, 1, "share of requests that must be declined"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<assistant>(p); }};
}

} // namespace troupe::task
